import type { RrfParams } from '@reembed/contracts';
import type { SearchHit } from './searched-query.ts';

/** How lists become one: reciprocal rank, or the distribution of their scores. */
export type Fusion = { readonly rrf: RrfParams } | 'dbsf';

/**
 * One list of candidate lists, best first, as Qdrant makes it: by reciprocal rank each place adds 1 / (place / weight + k - 1) (Cormack, Clarke,
 * Büttcher 2009; k and weights as in Qdrant's `rrf_scoring`), by distribution each list's scores go from 0 to 1 over three standard deviations
 * about their mean (`score_fusion`). Qdrant leaves the order of equal sums open; here it goes by document, which favours no list.
 */
export function fuseLists(lists: readonly (readonly SearchHit[])[], fusion: Fusion): SearchHit[] {
  const sums = new Map<string, { readonly hit: SearchHit; score: number }>();
  for (const [list, hits] of lists.entries()) {
    const scores = fusion === 'dbsf' ? spreadOver(hits) : byPlace(hits, fusion.rrf.k, fusion.rrf.weights?.[list] ?? 1);
    for (const [at, hit] of hits.entries()) {
      const point = `${hit.id.kind} ${hit.id.id}`;
      const sum = sums.get(point) ?? { hit, score: 0 };
      sum.score += scores[at] ?? 0;
      sums.set(point, sum);
    }
  }
  return [...sums.values()]
    .sort((a, b) => b.score - a.score || byText(a.hit.document, b.hit.document))
    .map(({ hit, score }) => ({ ...hit, score }));
}

function byPlace(hits: readonly SearchHit[], k: number, weight: number): number[] {
  return hits.map((_, at) => 1 / ((at + 1) / weight + k - 1));
}

function spreadOver(hits: readonly SearchHit[]): number[] {
  const mean = hits.reduce((sum, { score }) => sum + score, 0) / hits.length;
  const variance = hits.reduce((sum, { score }) => sum + (score - mean) ** 2, 0) / (hits.length - 1);
  const reach = hits.length < 2 ? 0 : 3 * Math.sqrt(variance);
  return hits.map(({ score }) => (reach === 0 ? 0.5 : (score - mean + reach) / (2 * reach)));
}

function byText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
