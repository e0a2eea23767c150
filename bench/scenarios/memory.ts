import { bareUpsert, createUnindexed } from '../collections.ts';
import { copyCollection, startCopyWorker } from '../copy-collection.ts';
import { type Bench, markdownTable, type Scenario } from '../harness.ts';
import { pointsPerSecond } from '../measurement.ts';

const shares = [0.25, 0.5, 1, 2];

/** One worker process copies a collection that doubles between copies: its memory must not follow. */
export const memory: Scenario = {
  name: 'memory',
  summary: 'resident memory of one worker process while the collection it copies doubles',
  async run(bench) {
    const rows = [...(await copies(bench, 'keep')), ...(await copies(bench, 'embed'))];
    for (const line of markdownTable(['recipe', 'points', 'points/s', 'worker RSS MiB early / late'], rows)) bench.print(line);
  },
};

async function copies(bench: Bench, vector: 'keep' | 'embed'): Promise<string[][]> {
  const source = await createUnindexed(bench, 'source');
  await using worker = await startCopyWorker(bench);
  const rows: string[][] = [];
  let stored = 0;
  for (const share of shares) {
    const points = Math.round(bench.points * share);
    await bareUpsert(bench, source, { from: stored, points: points - stored });
    stored = points;
    const measured = await copyCollection(bench, worker, { source, points, vector });
    const rss = `${measured.rssEarlyMiB.toFixed(0)} / ${measured.rssLateMiB.toFixed(0)}`;
    rows.push([vector, String(points), pointsPerSecond(measured).toFixed(0), rss]);
  }
  return rows;
}
