import { ReembedError } from '@reembed/core';

type Listed = { readonly id: string; readonly createdAt: string };

/**
 * One page of a list, newest first, and the cursor of the next. A cursor names the last one shown by when it was made and its id: what begins
 * or is cleared away meanwhile moves nothing. Throws `invalid-request` where the cursor is none.
 */
export function pageOf<Item extends Listed>(all: readonly Item[], cursor: string | undefined, limit: number) {
  const sorted = all.toSorted((a, b) => order(b, a));
  const after = cursor === undefined ? null : read(cursor);
  const rest = after === null ? sorted : sorted.filter((item) => order(item, after) < 0);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { page, next: last === undefined || rest.length <= limit ? null : `${last.createdAt}~${last.id}` };
}

function order(a: Listed, b: Listed): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}

function read(cursor: string): Listed {
  const [, createdAt, id] = /^([^~]+)~(.+)$/.exec(cursor) ?? [];
  if (createdAt === undefined || id === undefined)
    throw new ReembedError(
      'invalid-request',
      `cursor (${JSON.stringify(cursor)}): is not the \`next\` of a page; leave it out for the first`,
    );
  return { createdAt, id };
}
