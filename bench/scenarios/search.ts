import { setTimeout as sleep } from 'node:timers/promises';
import { createQdrantSearches } from '@reembed/qdrant';
import { bareUpsert, createUnindexed } from '../collections.ts';
import { type Copy, copyCollection, startCopyWorker } from '../copy-collection.ts';
import { againstGoal, type Bench, markdownTable, type Scenario } from '../harness.ts';
import { type Measurement, median, pointsPerSecond } from '../measurement.ts';
import { createSourcePoints } from '../source-points.ts';

const goal = 1.5;
const everyMs = 100;
const idleSearches = 200;
/** What searches may take while it is throttled, of what they take at rest: below the goal of 1.5, because the pace goes up to it. */
const allowedShare = 1.3;

export type Times = { readonly ms: readonly number[]; readonly copied: Measurement | null };

/** Goal: p95 of searches during a throttled migration at most 1.5 times that at rest. */
export const search: Scenario = {
  name: 'search',
  summary: 'how long searches of the source take at rest, and while it is copied without and with throttle.maxSearchLatencyMs',
  async run(bench) {
    const source = await createUnindexed(bench, 'source');
    await bareUpsert(bench, source);
    const rows: string[][] = [];
    const ratios: number[] = [];
    for (let round = 0; round < bench.rounds; round++) {
      const idle = await searchUntil(bench, source, (asked) => asked >= idleSearches);
      const limit = Math.ceil(percentile(idle.ms, 0.95) * allowedShare);
      rows.push(row(`${round + 1}: at rest`, idle, idle));
      rows.push(row('while it is copied', await searchWhileCopied(bench, { source, vector: 'keep', points: bench.points }), idle));
      const throttle = { maxSearchLatencyMs: limit };
      const throttled = await searchWhileCopied(bench, { source, vector: 'keep', points: bench.points, throttle });
      rows.push(row(`throttled to ${limit} ms`, throttled, idle));
      ratios.push(percentile(throttled.ms, 0.95) / percentile(idle.ms, 0.95));
    }
    for (const line of markdownTable(['what', 'searches', 'p50 ms', 'p95 ms', 'p95 to that at rest', 'points/s'], rows)) bench.print(line);
    bench.print(againstGoal('p95 while throttled / p95 at rest', median(ratios), { most: goal }));
  },
};

function row(what: string, { ms, copied }: Times, idle: Times): string[] {
  const pace = copied === null ? '' : pointsPerSecond(copied).toFixed(0);
  const ratio = percentile(ms, 0.95) / percentile(idle.ms, 0.95);
  return [what, String(ms.length), percentile(ms, 0.5).toFixed(1), percentile(ms, 0.95).toFixed(1), ratio.toFixed(2), pace];
}

/** Searches from the submission to the last acknowledged write: what is measured at rest first is part of a throttled migration. */
export async function searchWhileCopied(bench: Bench, copy: Copy): Promise<Times> {
  await using worker = await startCopyWorker(bench);
  let copied: Measurement | null = null;
  const copying = copyCollection(bench, worker, copy).then((measured) => {
    copied = measured;
  });
  const { ms } = await searchUntil(bench, copy.source, () => copied !== null);
  await copying;
  return { ms, copied };
}

/** One search after another, as one patient user asks. */
async function searchUntil(bench: Bench, collection: string, isEnough: (asked: number) => boolean): Promise<Times> {
  const searches = createQdrantSearches({ url: bench.qdrantUrl, requestTimeoutMs: 60_000, connections: 1 });
  const pointAt = createSourcePoints(bench.dimensions);
  const profile = { using: '', prefetch: [], fusion: null, limit: 10, filter: null } as const;
  const ms: number[] = [];
  while (!isEnough(ms.length)) {
    const query = JSON.stringify([...pointAt(ms.length * 7).vector]);
    const { tookMs } = await searches.search(collection, {
      profile: { ...profile, prefetch: [] },
      queries: { '': query },
      exact: false,
      fields: [],
    });
    ms.push(tookMs);
    await sleep(everyMs);
  }
  return { ms, copied: null };
}

/** Nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const ascending = values.toSorted((a, b) => a - b);
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)] ?? Number.NaN;
}
