import { startChild } from '../child.ts';
import { bareUpsert, createUnindexed } from '../collections.ts';
import { startMigration, untilPhase } from '../copy-collection.ts';
import { againstGoal, type Bench, markdownTable, type Scenario } from '../harness.ts';
import { meterIdle } from '../idle-meter.ts';
import type { Measurement } from '../measurement.ts';

const migrations = 10;
const spanMs = 60_000;
const goalPercent = 2;

/** Goal: under 2 % of a core, after ten minutes of ten migrations that wait. A span is a minute; `--rounds` says for how many: 12 for the goal. */
export const idle: Scenario = {
  name: 'idle',
  summary: 'what ten migrations in ready on unchanged sources cost, minute by minute (--points each, --rounds minutes)',
  async run(bench) {
    await using worker = await startChild('idle-worker.ts', [String(bench.dimensions)], bench.workerEnv);
    for (let n = 0; n < migrations; n++) await waitingMigration(bench);
    const rows: string[][] = [];
    let last = 0;
    for (let minute = 1; minute <= bench.rounds; minute++) {
      const [coordinator, working] = await Promise.all([meterIdle(spanMs), worker.measure({ ms: spanMs })]);
      last = share(coordinator) + share(working);
      rows.push([
        String(minute),
        share(coordinator).toFixed(2),
        share(working).toFixed(2),
        String(coordinator.points + working.points),
        memory(coordinator),
        memory(working),
      ]);
    }
    const head = [
      'minute',
      'coordinator, % of a core',
      'worker, % of a core',
      'requests to Qdrant',
      'coordinator RSS MiB',
      'worker RSS MiB',
    ];
    for (const line of markdownTable(head, rows)) bench.print(line);
    bench.print(againstGoal('% of a core in the last minute, all of it', last, { most: goalPercent }));
  },
};

async function waitingMigration(bench: Bench): Promise<void> {
  const source = await createUnindexed(bench, 'source');
  await bareUpsert(bench, source);
  const id = await startMigration(bench, { source, vector: 'keep', target: bench.collectionName('target') });
  await untilPhase(bench, id, 'ready');
}

function share({ cpuMs, ms }: Measurement): number {
  return (cpuMs / ms) * 100;
}

function memory({ rssLateMiB }: Measurement): string {
  return rssLateMiB.toFixed(0);
}
