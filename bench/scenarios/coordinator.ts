import { setTimeout as sleep } from 'node:timers/promises';
import { createQdrantPoints } from '@reembed/qdrant';
import { startRedis } from '@reembed/queue';
import { startChild } from '../child.ts';
import { bareUpsert, createUnindexed } from '../collections.ts';
import { send, startMigration, untilPhase } from '../copy-collection.ts';
import { againstGoal, type Bench, markdownTable, type Scenario } from '../harness.ts';
import type { Memory, MemoryTask } from '../processes/coordinator.ts';
import { createSourcePoints } from '../source-points.ts';

const migrations = 10;
const spans = 12;
const goalMiB = 250;
/** What may come and go without anything being kept. */
const steadyMiB = 5;

/**
 * Goal: under 250 MB, and flat, over an hour in `ready`, in which more happens than in most: sources that are edited all the time keep ten migrations
 * following at their quickest, while somebody asks for all of them twice a second. `--points` of each; `--rounds` says for how many minutes: 60 for the goal.
 */
export const coordinator: Scenario = {
  name: 'coordinator',
  summary: 'a coordinator’s memory while ten migrations in ready follow sources that are edited all the time (--rounds minutes)',
  async run(given) {
    const spanMs = (given.rounds * 60_000) / spans;
    await using stack = new AsyncDisposableStack();
    const redis = stack.use(await startRedis());
    // What is cancelled between two passes waits as long as a request may take.
    const env = { ...given.workerEnv, REDIS_URL: redis.url, REEMBED_REQUEST_TIMEOUT_MS: '10000' };
    const measured = stack.use(await startChild('coordinator.ts', [], env));
    const look = async (task: MemoryTask) => (await measured.measure(task)) as unknown as Memory;
    const bench = { ...given, coordinatorUrl: (await look({ afterMs: 0 })).url };
    stack.use(await startChild('idle-worker.ts', [String(bench.dimensions)], env));
    const sources: string[] = [];
    const ids: string[] = [];
    for (let n = 0; n < migrations; n++) {
      const source = await createUnindexed(bench, 'source');
      await bareUpsert(bench, source);
      ids.push(await startMigration(bench, { source, vector: 'keep', target: bench.collectionName('target') }));
      sources.push(source);
    }
    for (const id of ids) await untilPhase(bench, id, 'ready');
    const stop = new AbortController();
    const busy = Promise.all([editAll(bench, sources, stop.signal), askForAll(bench, stop.signal)]);
    const looks: Memory[] = [];
    for (let span = 0; span < spans; span++) looks.push(await look({ afterMs: spanMs }));
    stop.abort();
    await busy;
    for (const id of ids) await send(bench, 'POST', `/v1/migrations/${id}/cancel`, {});
    for (const id of ids) await untilPhase(bench, id, 'cancelled');
    report(bench, looks, spanMs);
  },
};

async function editAll(bench: Bench, sources: readonly string[], signal: AbortSignal): Promise<void> {
  const points = createQdrantPoints({ url: bench.qdrantUrl, apiKey: undefined, requestTimeoutMs: 60_000, connections: 1 });
  const pointAt = createSourcePoints(bench.dimensions);
  for (let edit = 0; !signal.aborted; edit++) {
    const { vector } = pointAt(edit % bench.points);
    const edited = {
      id: { kind: 'integer', id: String(edit % bench.points) },
      payload: `{"edit":${edit}}`,
      vectors: { '': vector },
    } as const;
    for (const source of sources) await points.updateOnly(source, [edited]);
    await sleep(500);
  }
}

async function askForAll({ coordinatorUrl }: Bench, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await (await fetch(`${coordinatorUrl}/v1/migrations`)).text();
    await sleep(500);
  }
}

function report({ print }: Bench, looks: readonly Memory[], spanMs: number): void {
  const rows = looks.map(({ rssMiB, heapMiB }, at) => [String(((at + 1) * spanMs) / 1_000), rssMiB.toFixed(0), heapMiB.toFixed(1)]);
  for (const line of markdownTable(['second', 'RSS MiB', 'heap in use MiB'], rows)) print(line);
  print(againstGoal('RSS MiB at most', Math.max(...looks.map(({ rssMiB }) => rssMiB)), { most: goalMiB }));
  const half = looks.length / 2;
  const highest = (some: readonly Memory[]) => Math.max(...some.map(({ heapMiB }) => heapMiB));
  print(againstGoal('heap MiB, second half over first', highest(looks.slice(half)) - highest(looks.slice(0, half)), { most: steadyMiB }));
}
