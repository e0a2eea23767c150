import { setTimeout as sleep } from 'node:timers/promises';
import type { PointId } from '@reembed/contracts';
import type { CoordinatorDeps, Points } from '@reembed/core';
import { connectRedis } from '@reembed/queue';
import { startChild } from '../child.ts';
import { bareUpsert, createUnindexed } from '../collections.ts';
import { send, startMigration } from '../copy-collection.ts';
import { startBenchFleet } from '../fleet.ts';
import { againstGoal, type Bench, type Scenario } from '../harness.ts';

const sizes = [
  { points: 100_000_000, goalMB: 20 },
  { points: 1_000_000_000, goalMB: 100 },
];
/** So that it takes minutes. */
const streams = 32;
const lookEveryMs = 250;

/** Goals: under 20 MB for a hundred million points, and under 100 for a billion. */
export const redis: Scenario = {
  name: 'redis',
  summary: 'bytes in Redis at most, from the submission to the end of the copy, of a source that says it has 100M and 1B points with UUIDs',
  async run(bench) {
    const source = await createUnindexed(bench, 'source');
    await bareUpsert(bench, source, { points: 1_000 });
    for (const { points, goalMB } of sizes) {
      const { bytes, ranges } = await mostBytes(bench, source, points);
      bench.print(againstGoal(`MB in Redis for ${points} points (${ranges} ranges)`, bytes / 1e6, { most: goalMB }));
    }
  },
};

async function mostBytes(bench: Bench, source: string, points: number): Promise<{ bytes: number; ranges: number }> {
  await using stack = new AsyncDisposableStack();
  const fleet = await startBenchFleet(stack, { ...bench, instrument: (deps) => simulated(deps, source, points) });
  stack.use(await startChild('empty-worker.ts', [], { ...fleet.workerEnv, REEMBED_CONCURRENCY: String(streams) }));
  const connection = await connectRedis({ url: fleet.redisUrl });
  stack.defer(() => connection.close());
  const used = async () => Number(/used_memory:(\d+)/.exec(await connection.requests.info('memory'))?.[1]);
  const empty = await used();
  const id = await startMigration(
    { ...bench, ...fleet },
    { source, target: bench.collectionName('target'), vector: 'keep', copy: { transport: 'rest', streams } },
  );
  let [bytes, copied] = [0, false];
  const indexing = fleet
    .told(id, (event) => event.type === 'phase' && event.phase === 'indexing')
    .then(() => {
      copied = true;
    });
  while (!copied) {
    bytes = Math.max(bytes, (await used()) - empty);
    await Promise.race([indexing, sleep(lookEveryMs)]);
  }
  const { progress } = await send({ ...bench, ...fleet }, 'GET', `/v1/migrations/${id}`);
  return { bytes, ranges: progress.ranges.total };
}

/** A source that says it has so many points, in even steps of the space of UUIDs, whose texts are the longest that ids have. */
function simulated(deps: CoordinatorDeps, source: string, points: number): CoordinatorDeps {
  const scrollIds: Points['scrollIds'] = async (collection, request) => {
    if (collection !== source) return deps.points.scrollIds(collection, request);
    const from = request.offset === null ? 0 : placeOf(request.offset);
    return { ids: [idAt(from)], next: from + request.limit < points ? idAt(from + request.limit) : null };
  };
  const count: CoordinatorDeps['collections']['count'] = async (collection, ...rest) =>
    collection === source ? points : deps.collections.count(collection, ...rest);
  return { ...deps, points: { ...deps.points, scrollIds }, collections: { ...deps.collections, count } };
}

function idAt(place: number): PointId {
  return { kind: 'uuid', id: `${place.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000` };
}

function placeOf({ id }: PointId): number {
  return Number.parseInt(id.slice(0, 8), 16);
}
