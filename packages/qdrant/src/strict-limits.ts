import { isReembedError } from '@reembed/core';

/** How long a limit counts that was learnt, in ms. */
const keptMs = 600_000;

export type StrictLimits = {
  /** Asks with `limit`, or with what strict mode allows where it has refused more, and remembers that for the collection for a while. */
  within<T>(collection: string, limit: number, ask: (limit: number) => Promise<T>): Promise<T>;
};

/**
 * How much of a collection may be asked for at once. Strict mode (`max_query_limit`) says so only by refusing; what it allowed is asked from
 * then on, so that a limit costs one refusal in ten minutes and not one a page. Then more is asked for again, since nobody says that strict mode allows it.
 */
export function createStrictLimits(nowMs: () => number = () => performance.now()): StrictLimits {
  const allowed = new Map<string, { readonly most: number; readonly until: number }>();
  const allowedOf = (collection: string) => {
    const known = allowed.get(collection);
    return known === undefined || known.until <= nowMs() ? Number.POSITIVE_INFINITY : known.most;
  };
  const within: StrictLimits['within'] = async (collection, limit, ask) => {
    const most = Math.min(limit, allowedOf(collection));
    try {
      return await ask(most);
    } catch (error) {
      const less = allowedLimit(error);
      if (less === null || less < 1 || less >= most) throw error;
      allowed.set(collection, { most: less, until: nowMs() + keptMs });
      return within(collection, limit, ask);
    }
  };
  return { within };
}

/** In the server's words, as they are quoted: `Limit exceeded 256 > 100 for 'limit'`. */
function allowedLimit(error: unknown): number | null {
  if (!isReembedError(error, 'qdrant-too-large')) return null;
  const [, most] = /limit exceeded \d+ > (\d+) for 'limit'/i.exec(error.message) ?? [];
  return most === undefined ? null : Number(most);
}
