import { createQdrantPoints } from '@reembed/qdrant';
import { bareUpsert, createUnindexed } from '../collections.ts';
import { type Bench, interleaved, type Scenario, table } from '../harness.ts';
import { type Measurement, startMeter } from '../measurement.ts';

type Read = { readonly limit: number; readonly payload: boolean; readonly vectors: readonly string[] };

/** One stream through the whole collection, as the planner and a worker read it. */
export const scroll: Scenario = {
  name: 'scroll',
  summary: 'reading with one stream: ids only, with payload, with vectors',
  async run(bench) {
    const source = await createUnindexed(bench, 'source');
    await bareUpsert(bench, source);
    const measured = await interleaved(bench.rounds, {
      'ids only, pages of 2,000': () => readAll(bench, source, { limit: 2_000, payload: false, vectors: [] }),
      'with payload, pages of 256': () => readAll(bench, source, { limit: 256, payload: true, vectors: [] }),
      'with payload and vectors, pages of 256': () => readAll(bench, source, { limit: 256, payload: true, vectors: [''] }),
    });
    for (const line of table(measured)) bench.print(line);
  },
};

/** Reads a collection whole with one stream. */
export async function readAll(bench: Bench, collection: string, read: Read): Promise<Measurement> {
  const points = createQdrantPoints({ url: bench.qdrantUrl, apiKey: undefined, requestTimeoutMs: 60_000, connections: 1 });
  const meter = startMeter(bench.points);
  for (let page = await points.scroll(collection, { offset: null, ...read }); ; ) {
    meter.add(page.points.length);
    if (page.next === null) return meter.read();
    page = await points.scroll(collection, { offset: page.next, ...read });
  }
}
