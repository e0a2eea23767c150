import type { EqualRecall, SearchAtEf } from '@reembed/contracts';
import { overlapByScore } from './ranking-metrics.ts';
import { gateDepth, type SearchAnswer, type Sides } from './searched-query.ts';
import { latencyPercentiles, mean } from './statistics.ts';

/** Recalls this near are equal; of 50 queries they are not known better. */
const tolerance = 0.01;

export function isEqualRecall(one: number, other: number): boolean {
  return Math.abs(one - other) <= tolerance;
}

/** What searches with one `hnsw_ef` (null: the server's own choice) find of the ten nearest of the exact search, and how long they take. */
export function searchAtEf(ef: number | null, exact: readonly SearchAnswer[], found: readonly SearchAnswer[]): SearchAtEf {
  const recalls = found.map(({ hits }, at) => overlapByScore(gateDepth, exact[at]?.hits ?? [], hits));
  return { ef, recall: mean(recalls), ...latencyPercentiles(found.map(({ tookMs }) => tookMs)) };
}

/**
 * The pair of searches, one of each side, that find the same share: of all pairs within 0.01 the one whose old side finds most nearly what
 * applications find today, and then the one whose new side is faster. Without such a pair both as the server chooses, not `reached`. The first of each
 * side is the server's own choice.
 */
export function atEqualRecall(sides: Sides<readonly SearchAtEf[]>, queries: number): EqualRecall {
  const [today, own] = [sides.old[0] as SearchAtEf, sides.new[0] as SearchAtEf];
  const pairs = sides.old.flatMap((old) =>
    sides.new.filter((fresh) => isEqualRecall(old.recall, fresh.recall)).map((fresh) => ({ old, new: fresh })),
  );
  const away = ({ old }: (typeof pairs)[number]) => Math.abs(old.recall - today.recall);
  const [best] = pairs.sort((a, b) => away(a) - away(b) || a.new.p50 - b.new.p50);
  return { queries, tolerance, reached: best !== undefined, ...(best ?? { old: today, new: own }) };
}

/** In a sentence, for people. */
export function equalRecallInWords({ queries, reached, old, new: fresh }: EqualRecall): string {
  const found = `${old.recall.toFixed(3)} old, ${fresh.recall.toFixed(3)} new of the ten nearest, ${queries} queries`;
  if (!reached) return `latency cannot be compared at equal recall, whatever hnsw_ef: as the server chooses it, searches find ${found}`;
  const times = (at: SearchAtEf) => `${at.p50.toFixed(1)} and ${at.p95.toFixed(1)} ms (${efOf(at)})`;
  return `at equal recall (${found}) p50 and p95 of a search are ${times(old)} old, ${times(fresh)} new`;
}

function efOf({ ef }: SearchAtEf): string {
  return ef === null ? "the server's own hnsw_ef" : `hnsw_ef ${ef}`;
}
