import type { LabelledQuery } from '@reembed/contracts';
import { gateDepth, type SearchAnswer, type SearchedQuery } from '@reembed/core';
import type { DataSet } from './data-set.ts';
import { type EmbeddedSet, eachRow } from './embed-set.ts';

/** What each query of a set finds, exactly, by the dot product of unit vectors. */
export function rankByVectors({ corpus }: DataSet, embedded: EmbeddedSet): SearchAnswer[] {
  return eachRow(embedded.queries).map((query) => {
    const startedAt = performance.now();
    const hits = eachRow(embedded.corpus)
      .map((row, at) => ({ at, score: dot(query, row) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, gateDepth)
      .map(({ at, score }) => ({ id: { kind: 'integer' as const, id: String(at) }, document: corpus[at]?.id ?? '', score, text: '' }));
    return { hits, tookMs: performance.now() - startedAt };
  });
}

/** Two systems' answers, query by query, as the gate compares them. There is no index here: both searches are the exact one. */
export function searchedBy(
  queries: readonly LabelledQuery[],
  old: readonly SearchAnswer[],
  fresh: readonly SearchAnswer[],
): SearchedQuery[] {
  const nothing: SearchAnswer = { hits: [], tookMs: 0 };
  return queries.map(({ id, text }, at) => {
    const answers = { old: old[at] ?? nothing, new: fresh[at] ?? nothing };
    return { id, text, exact: answers, indexed: answers };
  });
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}
