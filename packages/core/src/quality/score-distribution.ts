import type { ScoreDistribution } from '@reembed/contracts';
import { quantile } from './quantile.ts';
import type { Sides } from './searched-query.ts';

const bins = 20;

/** Both sides' scores over the same edges, so that they can be drawn over one another. Null where a side has no score. */
export function scoreDistributions(scores: Sides<readonly number[]>): { old: ScoreDistribution; new: ScoreDistribution } | null {
  if (scores.old.length === 0 || scores.new.length === 0) return null;
  const edges = edgesOver([...scores.old, ...scores.new]);
  return { old: distribution(scores.old, edges), new: distribution(scores.new, edges) };
}

function edgesOver(scores: readonly number[]): number[] {
  const lowest = scores.reduce((a, b) => Math.min(a, b));
  const highest = scores.reduce((a, b) => Math.max(a, b));
  const [from, to] = lowest === highest ? [lowest - 0.5, highest + 0.5] : [lowest, highest];
  return Array.from({ length: bins + 1 }, (_, index) => from + ((to - from) * index) / bins);
}

/** A bin holds its lower edge; the last one its upper edge too. */
function distribution(scores: readonly number[], edges: readonly number[]): ScoreDistribution {
  const from = edges[0] ?? 0;
  const width = ((edges.at(-1) ?? 0) - from) / bins;
  const counts = new Array<number>(bins).fill(0);
  for (const score of scores) {
    const bin = Math.min(bins - 1, Math.floor((score - from) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const ascending = Float64Array.from(scores).sort();
  const at = (q: number) => quantile(ascending, q);
  return { edges: [...edges], counts, p5: at(0.05), p50: at(0.5), p95: at(0.95) };
}
