import { isReembedError } from '@reembed/core';

export type StrictLimits = {
  /** Asks with `limit`, or with what strict mode allows where it has refused more, and remembers that for the collection. */
  within<T>(collection: string, limit: number, ask: (limit: number) => Promise<T>): Promise<T>;
};

/**
 * How much of a collection may be asked for at once. Strict mode (`max_query_limit`) says so only by refusing; what it allowed is asked from
 * then on, so that a limit costs one refusal and not one a page.
 */
export function createStrictLimits(): StrictLimits {
  const allowed = new Map<string, number>();
  const within: StrictLimits['within'] = async (collection, limit, ask) => {
    const most = Math.min(limit, allowed.get(collection) ?? limit);
    try {
      return await ask(most);
    } catch (error) {
      const less = allowedLimit(error);
      if (less === null || less < 1 || less >= most) throw error;
      allowed.set(collection, less);
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
