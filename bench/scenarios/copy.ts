import { bareUpsert, createUnindexed } from '../collections.ts';
import { copyCollection, startCopyWorker } from '../copy-collection.ts';
import { type Bench, interleaved, type Scenario, table } from '../harness.ts';
import type { Measurement } from '../measurement.ts';

/** The goal on a real Qdrant: a `keep` copy at 0.7 of a bare upsert, `embed` with an instant embedder at 0.6. */
export const copy: Scenario = {
  name: 'copy',
  summary: 'a copy by one worker process, kept and embedded, beside a bare upsert of the same points',
  async run(bench) {
    const source = await createUnindexed(bench, 'source');
    await bareUpsert(bench, source);
    const measured = await interleaved(bench.rounds, {
      'bare upsert, 4 streams': () => bare(bench, false),
      '`keep` copy': () => copied(bench, source, 'keep'),
      '`embed` copy, instant embedder': () => copied(bench, source, 'embed'),
      'bare upsert, bodies built beforehand': () => bare(bench, true),
    });
    for (const line of table(measured)) bench.print(line);
  },
};

async function bare(bench: Bench, prepared: boolean): Promise<Measurement> {
  const collection = await createUnindexed(bench, 'bare');
  const measured = await bareUpsert(bench, collection, { prepared });
  await bench.collections.drop(collection);
  return measured;
}

async function copied(bench: Bench, source: string, vector: 'keep' | 'embed'): Promise<Measurement> {
  await using worker = await startCopyWorker(bench);
  return await copyCollection(bench, worker, { source, points: bench.points, vector });
}
