import { bareUpsert, createUnindexed } from '../collections.ts';
import { copyCollection, startCopyWorker } from '../copy-collection.ts';
import { againstGoal, type Bench, markdownTable, type Scenario } from '../harness.ts';
import { type Measurement, pointsPerSecond } from '../measurement.ts';

const goalMiB = 200;
const shares = [0.25, 0.5, 1, 2];

/** Goal: under 200 MiB, and flat. One worker process copies a collection that doubles between copies: its memory must not follow. */
export const memory: Scenario = {
  name: 'memory',
  summary: 'resident memory of one worker process while the collection it copies doubles',
  async run(bench) {
    const rows: string[][] = [];
    const goals: string[] = [];
    for (const vector of ['keep', 'embed'] as const) {
      const copied = await copies(bench, vector);
      rows.push(...copied.map((measured) => row(vector, measured)));
      goals.push(
        againstGoal(`worker RSS MiB at most, ${vector}`, Math.max(...copied.map(({ rssLateMiB }) => rssLateMiB)), { most: goalMiB }),
      );
    }
    for (const line of markdownTable(['recipe', 'points', 'points/s', 'worker RSS MiB early / late'], rows)) bench.print(line);
    for (const line of goals) bench.print(line);
  },
};

async function copies(bench: Bench, vector: 'keep' | 'embed'): Promise<Measurement[]> {
  const source = await createUnindexed(bench, 'source');
  await using worker = await startCopyWorker(bench);
  const measured: Measurement[] = [];
  let stored = 0;
  for (const share of shares) {
    const points = Math.round(bench.points * share);
    await bareUpsert(bench, source, { from: stored, points: points - stored });
    stored = points;
    measured.push(await copyCollection(bench, worker, { source, points, vector }));
  }
  return measured;
}

function row(vector: string, measured: Measurement): string[] {
  const rss = `${measured.rssEarlyMiB.toFixed(0)} / ${measured.rssLateMiB.toFixed(0)}`;
  return [vector, String(measured.points), pointsPerSecond(measured).toFixed(0), rss];
}
