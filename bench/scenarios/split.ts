import type { CoordinatorDeps } from '@reembed/core';
import { Pool } from 'undici';
import { startChild } from '../child.ts';
import { bareUpsert, createUnindexed } from '../collections.ts';
import { startMigration } from '../copy-collection.ts';
import { startBenchFleet } from '../fleet.ts';
import { againstGoal, type Bench, markdownTable, type Scenario } from '../harness.ts';
import { median } from '../measurement.ts';

const goal = 0.8;
const pageIds = 2_000;
const dimensions = 4;

/** Goal: ids are cut into ranges at 0.8 of the pace of a bare scroll of them, and ranges run before the scan ends. `--points 1000000` for the goal. */
export const split: Scenario = {
  name: 'split',
  summary: 'cutting the ids of a collection into ranges for a worker that finds them empty, beside a bare scroll of ids',
  async run(given) {
    const bench = { ...given, dimensions };
    const source = await createUnindexed(bench, 'source');
    await bareUpsert(bench, source);
    const rounds: Split[] = [];
    for (let round = 0; round < bench.rounds; round++)
      rounds.push({ ...(await splitOnce(bench, source)), bareMs: await scrollIds(bench, source) });
    const pace = (ms: (round: Split) => number) => ((bench.points / median(rounds.map(ms))) * 1_000).toFixed(0);
    const rows = [
      ['bare scroll of ids', pace(({ bareMs }) => bareMs), ''],
      ['split', pace(({ ms }) => ms), median(rounds.map(({ doneBefore }) => doneBefore)).toFixed(2)],
    ];
    for (const line of markdownTable(['what', 'ids/s', 'share of the ranges done before the scan ended'], rows)) bench.print(line);
    bench.print(againstGoal('split / bare scroll of ids', median(rounds.map(({ ms, bareMs }) => bareMs / ms)), { least: goal }));
  },
};

type Split = { readonly ms: number; readonly bareMs: number; readonly doneBefore: number };

async function splitOnce(bench: Bench, source: string): Promise<Omit<Split, 'bareMs'>> {
  await using stack = new AsyncDisposableStack();
  const { instrument, ended } = watchSplit();
  const fleet = await startBenchFleet(stack, { ...bench, instrument });
  stack.use(await startChild('empty-worker.ts', [], fleet.workerEnv));
  const target = bench.collectionName('target');
  await startMigration({ ...bench, ...fleet }, { source, target, vector: 'keep', copy: { transport: 'rest' } });
  return await ended;
}

/** From the first look at ids to the last range that is stored. */
function watchSplit() {
  let began = 0;
  const ended = Promise.withResolvers<Omit<Split, 'bareMs'>>();
  const instrument = (deps: CoordinatorDeps): CoordinatorDeps => ({
    ...deps,
    points: {
      ...deps.points,
      scrollIds(...asked) {
        began ||= performance.now();
        return deps.points.scrollIds(...asked);
      },
    },
    ranges: {
      ...deps.ranges,
      async append(id, seq, ranges, split) {
        const stored = await deps.ranges.append(id, seq, ranges, split);
        if (!split.done) return stored;
        const ms = performance.now() - began;
        const pass = (await deps.migrations.load(id))?.pass?.number ?? 0;
        const { done, total } = await deps.ranges.summary(id, pass);
        ended.resolve({ ms, doneBefore: done / total });
        return stored;
      },
    },
  });
  return { instrument, ended: ended.promise };
}

/** What a client by hand does: page after page, and nothing but the next offset is looked at. */
async function scrollIds({ qdrantUrl, points }: Bench, collection: string): Promise<number> {
  const pool = new Pool(qdrantUrl, { connections: 1 });
  const began = performance.now();
  for (let offset: number | null = 0, seen = 0; offset !== null; seen += pageIds) {
    if (seen > points) throw new Error('the scroll does not end');
    offset = await nextPage(pool, collection, offset);
  }
  const ms = performance.now() - began;
  await pool.close();
  return ms;
}

async function nextPage(pool: Pool, collection: string, offset: number): Promise<number | null> {
  const body = JSON.stringify({ offset, limit: pageIds, with_payload: false, with_vector: false });
  const headers = { 'content-type': 'application/json' };
  const answer = await pool.request({ method: 'POST', path: `/collections/${collection}/points/scroll`, headers, body });
  const { result } = (await answer.body.json()) as { readonly result: { readonly next_page_offset: number | null } };
  return result.next_page_offset;
}
