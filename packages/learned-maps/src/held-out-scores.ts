import { type Judgements, mean, ndcgAt, overlapAt } from '@reembed/core';
import { type LinearAlgebra, normaliseRows, transpose } from './linear-algebra.ts';

/** Queries embedded by the new model (q × to), with what is relevant among the held-out documents, which go by their place. */
export type JudgedQueries = { readonly vectors: Float32Array; readonly judgements: readonly Judgements[] };

export type HeldOutScores = {
  /** Mean share of the ten nearest documents that mapped and true vectors have in common, asked with true vectors. */
  readonly overlapAt10: number;
  /** Mean nDCG@10 of the judged queries over the mapped documents; null where there are none. */
  readonly ndcgAt10: number | null;
};

/** Queries a product. */
const queriesAtOnce = 256;
const k = 10;

/**
 * How well mapped documents (h × to) stand in for true ones (h × to) in retrieval, by cosine similarity. Every true vector is a query
 * against both; the document it belongs to is left out of its answers.
 */
export function scoreHeldOut(
  algebra: LinearAlgebra,
  { truth, mapped, to, judged }: { truth: Float32Array; mapped: Float32Array; to: number; judged: JudgedQueries | undefined },
): HeldOutScores {
  const queries = normaliseRows(truth.slice(), to);
  const wanted = rank(algebra, queries, queries, to);
  const found = rank(algebra, queries, normaliseRows(mapped.slice(), to), to);
  const overlaps = wanted.map((list, at) => overlapAt(k, without(list, at), without(found[at] ?? [], at)));
  return { overlapAt10: mean(overlaps), ndcgAt10: judged === undefined ? null : ndcgOf(algebra, judged, mapped, to) };
}

/** How many of the ten nearest by the true vectors (h × to) the old ones (h × from) find, each asked about itself: what a map has to beat. */
export function neighboursKept(
  algebra: LinearAlgebra,
  { inputs, truth }: { readonly inputs: Float32Array; readonly truth: Float32Array },
  sizes: { readonly from: number; readonly to: number },
): number {
  const ranked = (values: Float32Array, size: number) => {
    const rows = normaliseRows(values.slice(), size);
    return rank(algebra, rows, rows, size);
  };
  const [old, wanted] = [ranked(inputs, sizes.from), ranked(truth, sizes.to)];
  return mean(wanted.map((list, at) => overlapAt(k, without(list, at), without(old[at] ?? [], at))));
}

/** Mean nDCG@10 of judged queries over documents (h × to). */
export function ndcgOf(algebra: LinearAlgebra, { vectors, judgements }: JudgedQueries, documents: Float32Array, to: number): number {
  const ranked = rank(algebra, normaliseRows(vectors.slice(), to), normaliseRows(documents.slice(), to), to);
  return mean(judgements.map((judgement, at) => ndcgAt(k, ranked[at] ?? [], judgement)));
}

function without(ranked: readonly string[], place: number): string[] {
  return ranked.filter((document) => document !== String(place)).slice(0, k);
}

/** The eleven nearest documents of each query: one of them may be the query's own. */
function rank(algebra: LinearAlgebra, queries: Float32Array, documents: Float32Array, size: number): string[][] {
  const held = algebra.hold(transpose(documents, size), size);
  const count = documents.length / size;
  try {
    const lists: string[][] = [];
    for (let start = 0; start < queries.length; start += queriesAtOnce * size) {
      const scores = held.multiply(queries.subarray(start, start + queriesAtOnce * size));
      for (let row = 0; row < scores.length; row += count) lists.push(highest(scores.subarray(row, row + count), k + 1));
    }
    return lists;
  } finally {
    held.close();
  }
}

function highest(scores: Float32Array, count: number): string[] {
  const best: number[] = [];
  for (const [at, score] of scores.entries()) {
    if (best.length === count && score <= (scores[best.at(-1) ?? 0] ?? 0)) continue;
    const place = best.findIndex((other) => score > (scores[other] ?? 0));
    best.splice(place === -1 ? best.length : place, 0, at);
    if (best.length > count) best.pop();
  }
  return best.map(String);
}
