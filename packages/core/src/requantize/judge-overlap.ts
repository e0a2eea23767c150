import type { Overlap, RequantizedVector } from '@reembed/contracts';
import { wantedShare } from '../quality/found-nearest.ts';
import { minSameSpaceOverlap } from '../quality/quality-verdict.ts';
import type { MeasuredSearch } from './measure-overlap.ts';

type Measured = Pick<RequantizedVector, 'from' | 'to' | 'before'> & { readonly after: readonly MeasuredSearch[] };

/**
 * Whether the plain search still finds what a change within one space should find; and that in words. Where the index alone found less, nearly
 * as much as before will do. What an earlier quantization lost excuses nothing: else steps that each lose a little would all pass.
 */
export function judgeOverlap(measured: Measured): { readonly verdict: 'pass' | 'fail' | 'not-measured'; readonly says: string } {
  const { from, to, before, after } = measured;
  const plain = after.find(({ search }) => search === null);
  if (plain === undefined) return { verdict: 'not-measured', says: 'no point has this vector: there is nothing to measure' };
  const threshold = minSameSpaceOverlap[to.quantization === null ? 'copy' : 'int8'];
  const fromQuantized = from.quantization !== null && to.quantization !== null;
  const wanted = wantedShare(threshold, fromQuantized ? null : (before?.overlapAt10 ?? null));
  const pass = plain.overlapAt10 >= wanted;
  const verdict = pass ? 'pass' : 'fail';
  const found = `searches find ${share(plain)} of the ten nearest, ${before === null ? 'what they found before is not known' : `${share(before)} before`}`;
  const limit = pass ? `at least ${wanted.toFixed(2)} wanted` : `less than the ${wanted.toFixed(2)} wanted`;
  return {
    verdict,
    says: [`${found}; ${limit}`, latency(plain, before), ...(pass ? lowAllAlong(plain, threshold) : wayOut(after, wanted))].join('. '),
  };
}

function share({ overlapAt10 }: Overlap): string {
  return overlapAt10.toFixed(3);
}

function latency(after: Overlap, before: Overlap | null): string {
  const was = before === null ? '' : ` (before: ${ms(before.p50Ms)} and ${ms(before.p95Ms)})`;
  return `Half of them took at most ${ms(after.p50Ms)}, 95 of 100 at most ${ms(after.p95Ms)}${was}`;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function lowAllAlong({ overlapAt10 }: Overlap, threshold: number): string[] {
  if (overlapAt10 >= threshold) return [];
  return [
    `That is below ${threshold.toFixed(2)}, but it was no better before: the index itself finds little, and a larger hnsw ef or m helps`,
  ];
}

function wayOut(after: readonly MeasuredSearch[], wanted: number): string[] {
  const better = after.find(({ search, overlapAt10 }) => search !== null && overlapAt10 >= wanted);
  if (better === undefined) return ['Rescoring does not mend it: put back what was before'];
  const took = `found ${share(better)}, half of them in at most ${ms(better.p50Ms)}`;
  return [
    `Searches with \`"params": {"quantization": ${JSON.stringify(better.search)}}\` ${took}: send that with every query, or put back what was before`,
  ];
}
