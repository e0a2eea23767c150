import { firstDocuments } from './ranking-metrics.ts';

/** Share of the first k documents that both lists hold, whatever their order, of the longer list; 1 where both are empty. */
export function overlapAt(k: number, a: readonly string[], b: readonly string[]): number {
  const first = new Set(firstDocuments(k, a));
  const second = new Set(firstDocuments(k, b));
  const longer = Math.max(first.size, second.size);
  return longer === 0 ? 1 : first.intersection(second).size / longer;
}

/**
 * Rank-biased overlap of two lists to depth k, extrapolated (RBO_ext): the agreement at the last depth is taken to go on below it, so
 * equal lists have 1 however short they are. With p = 0.9 the first ten places carry 86 % of the weight.
 * Webber, Moffat, Zobel: A similarity measure for indefinite rankings, ACM TOIS 28(4), 2010, equation 32 (lists may differ in length).
 */
export function rankBiasedOverlap(k: number, a: readonly string[], b: readonly string[], p = 0.9): number {
  const [short, long] = [firstDocuments(k, a), firstDocuments(k, b)].sort((x, y) => x.length - y.length) as [string[], string[]];
  if (short.length === 0) return long.length === 0 ? 1 : 0;
  const shared = sharedByDepth(short, long);
  const atShort = shared[short.length - 1] ?? 0;
  const sum = shared.reduce((total, common, index) => {
    const depth = index + 1;
    const assumed = Math.max(0, (atShort * (depth - short.length)) / short.length);
    return total + ((common + assumed) / depth) * p ** depth;
  }, 0);
  const rest = ((shared.at(-1) ?? 0) - atShort) / long.length + atShort / short.length;
  return ((1 - p) / p) * sum + rest * p ** long.length;
}

/** How many documents the lists share down to each depth of the longer one. */
function sharedByDepth(short: readonly string[], long: readonly string[]): number[] {
  return long.map((_, index) => new Set(short.slice(0, index + 1)).intersection(new Set(long.slice(0, index + 1))).size);
}
