import { createQdrantCollections } from '@reembed/qdrant';
import { bareUpsert, createUnindexed } from '../collections.ts';
import { type Bench, interleaved, type Scenario, table } from '../harness.ts';
import type { Measurement } from '../measurement.ts';
import { startLocalQdrant } from '../start-local-qdrant.ts';
import { readAll } from './scroll.ts';

/** The local development server, beside the real one where one is given: what a demo or a test pays for it. */
export const localServer: Scenario = {
  name: 'local-server',
  summary: 'upsert and scroll of the local server, beside a real one where REEMBED_BENCH_QDRANT_URL is set',
  async run(bench) {
    await using local = await startLocalQdrant();
    const collections = createQdrantCollections({ url: local.url, apiKey: undefined, requestTimeoutMs: 60_000 });
    const servers = { local: { ...bench, qdrantUrl: local.url, collections }, ...(bench.real ? { real: bench } : {}) };
    for (const [what, measure] of Object.entries(measures)) {
      const contestants = Object.entries(servers).map(([name, on]) => [`${name} server: ${what}`, () => measure(on)] as const);
      for (const line of table(await interleaved(bench.rounds, Object.fromEntries(contestants)))) bench.print(line);
      bench.print('');
    }
  },
};

const measures: Readonly<Record<string, (bench: Bench) => Promise<Measurement>>> = {
  'upsert, 4 streams, bodies built beforehand': async (bench) => {
    const name = await createUnindexed(bench, 'upsert');
    const measured = await bareUpsert(bench, name, { prepared: true });
    await bench.collections.drop(name);
    return measured;
  },
  'scroll with payload and vectors, pages of 256': async (bench) => {
    const name = await createUnindexed(bench, 'read');
    await bareUpsert(bench, name, { prepared: true });
    const measured = await readAll(bench, name, { limit: 256, payload: true, vectors: [''] });
    await bench.collections.drop(name);
    return measured;
  },
};
