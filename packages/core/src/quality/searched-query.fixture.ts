import type { SearchAnswer, SearchedQuery } from './searched-query.ts';

/** An answer whose hits are these documents, best first: points 1, 2, … with falling scores. */
export function answer(documents: readonly string[], tookMs = 1): SearchAnswer {
  const hits = documents.map((document, index) => ({
    id: { kind: 'integer' as const, id: String(index + 1) },
    document,
    score: 1 - index / 100,
    text: `the text of ${document}`,
  }));
  return { hits, tookMs };
}

/** A query that both sides answered alike through the index and exactly, unless said otherwise. */
export function searched(id: string, old: readonly string[], fresh: readonly string[], indexed = { old, new: fresh }): SearchedQuery {
  return {
    id,
    text: `what about ${id}?`,
    exact: { old: answer(old), new: answer(fresh) },
    indexed: { old: answer(indexed.old), new: answer(indexed.new) },
  };
}
