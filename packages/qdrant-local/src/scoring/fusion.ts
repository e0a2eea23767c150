import type { PointId } from '../ids/point-id.ts';

/** A point in a list of results: id, place in storage and score. */
export type Hit = { id: PointId; slot: number; score: number };

const fround = Math.fround;

/** Reciprocal rank fusion: 1 / (rank / weight + k - 1) with ranks from 1, summed over the lists. https://plg.uwaterloo.ca/~gvcormac/cormacksigir09-rrf.pdf */
export function reciprocalRankFusion(lists: Hit[][], { k, weights }: { k: number; weights: number[] | undefined }): Hit[] {
  return summed(
    lists.map((list, i) => {
      const weight = weights?.[i] ?? 1;
      return list.map((hit, rank) => ({ ...hit, score: weight <= 0 ? 0 : fround(1 / fround(fround((rank + 1) / weight) + k - 1)) }));
    }),
  );
}

/** Distribution-based score fusion: every list's scores are spread over mean ± 3 standard deviations, then summed. */
export function distributionBasedFusion(lists: Hit[][]): Hit[] {
  return summed(lists.map(normalised));
}

function normalised(list: Hit[]): Hit[] {
  const mean = list.reduce((sum, { score }) => sum + score, 0) / list.length;
  const variance = list.length < 2 ? 0 : list.reduce((sum, { score }) => sum + (score - mean) ** 2, 0) / (list.length - 1);
  const spread = 3 * Math.sqrt(variance);
  return list.map((hit) => ({ ...hit, score: spread === 0 ? 0.5 : fround((hit.score - mean + spread) / (2 * spread)) }));
}

/** One hit per point with the sum of its scores, best first. */
function summed(lists: Hit[][]): Hit[] {
  const hits = new Map<PointId, Hit>();
  for (const hit of lists.flat()) {
    const known = hits.get(hit.id);
    if (known === undefined) hits.set(hit.id, { ...hit });
    else known.score = fround(known.score + hit.score);
  }
  return [...hits.values()].sort((a, b) => b.score - a.score);
}
