import { startChild } from '../child.ts';
import { bareUpsert, createUnindexed } from '../collections.ts';
import { send, startMigration, untilPhase } from '../copy-collection.ts';
import { againstGoal, type Bench, type Scenario } from '../harness.ts';

/** Ranges that a worker has in hand, pages of each, points of a page: as they are by default. */
const inFlight = 4 * 3 * 256;

/** Goal: at most the batches in flight are embedded again. */
export const restart: Scenario = {
  name: 'restart',
  summary: 'texts that are embedded again where a worker is killed half way and another one goes on',
  async run(bench) {
    const source = await createUnindexed(bench, 'source');
    await bareUpsert(bench, source);
    for (let round = 0; round < bench.rounds; round++) {
      const again = await embeddedAgain(bench, source);
      bench.print(againstGoal(`texts embedded again, of ${bench.points}`, again, { most: inFlight }));
    }
  },
};

async function embeddedAgain(bench: Bench, source: string): Promise<number> {
  let embedded = 0;
  const half = Promise.withResolvers<void>();
  const start = async () => {
    const worker = await startChild('counting-worker.ts', [String(bench.dimensions)], bench.workerEnv);
    worker.process.on('message', (told: { readonly embedded?: number }) => {
      embedded += told.embedded ?? 0;
      if (embedded >= bench.points / 2) half.resolve();
    });
    return worker;
  };
  await using first = await start();
  const id = await startMigration(bench, { source, target: bench.collectionName('target'), vector: 'embed' });
  const copied = bench.told(id, (event) => event.type === 'phase' && event.phase === 'indexing');
  await half.promise;
  first.process.kill('SIGKILL');
  await using _second = await start();
  await copied;
  const all = embedded;
  await send(bench, 'POST', `/v1/migrations/${id}/cancel`, {});
  await untilPhase(bench, id, 'cancelled');
  return all - bench.points;
}
