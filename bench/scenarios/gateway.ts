import { loadavg } from 'node:os';
import { createModelCatalogue } from '@reembed/embedders';
import { vectorToJson } from '@reembed/qdrant';
import { Pool } from 'undici';
import { startChild } from '../child.ts';
import { type Bench, markdownTable, type Scenario } from '../harness.ts';
import { median } from '../measurement.ts';

const requests = 1_000;
const atOnce = 32;
const rateMs = 4_000;

/** One way to ask: to whom, and what the n-th request says. */
type Asked = { readonly what: string; readonly url: string; readonly body: (n: number) => string };

/** What a gateway adds to a search: one that it passes on, and one by text, beside the bare Qdrant and a proxy that knows nothing. */
export const gateway: Scenario = {
  name: 'gateway',
  summary: 'latency that a gateway adds to a search, by vector and by text, and searches a second through one, beside a plain proxy',
  async run(bench) {
    const { qdrantUrl, collections, collectionName, dimensions, rounds, print } = bench;
    const name = collectionName('gateway');
    const model = `hash/${dimensions}`;
    const vectors = { '': { model, dimensions, text: '{{body}}' } };
    await collections.create(name, { vectors: { size: dimensions, distance: 'Cosine' }, metadata: { reembed: { vectors } } });
    const embed = embedderOf(model);
    await fill(bench, name, embed);
    await using stack = new AsyncDisposableStack();
    const start = async (kind: string) => {
      const child = stack.use(await startChild('proxy.ts', [kind, qdrantUrl]));
      return ((await child.measure({})) as unknown as { url: string }).url;
    };
    const [ours, plain] = [await start('gateway'), await start('http-proxy')];
    const [vector = ''] = await embed(['what is asked again and again']);
    const byVector = () => `{"query":${vector},"limit":10}`;
    const byText = (text: string) => JSON.stringify({ query: { text, model: 'auto' }, limit: 10 });
    const asked: Asked[] = [
      { what: 'Qdrant alone, by vector', url: qdrantUrl, body: byVector },
      { what: '@fastify/http-proxy, by vector', url: plain, body: byVector },
      { what: 'gateway, by vector', url: ours, body: byVector },
      { what: 'gateway, by a text that it has embedded', url: ours, body: () => byText('what is asked again and again') },
      { what: 'gateway, by a new text', url: ours, body: (n) => byText(`something that nobody has asked ${n}`) },
    ];
    const path = `/collections/${name}/points/query`;
    const rows = await measure(asked, path, rounds);
    print(
      `${bench.points} points, ${requests} searches one after the other, then ${atOnce} at once; load ${(loadavg()[0] ?? 0).toFixed(1)}\n`,
    );
    for (const line of markdownTable(['search', 'p50 ms', 'p99 ms', 'p50 added', 'searches/s'], rows)) print(line);
  },
};

function embedderOf(model: string): (texts: readonly string[]) => Promise<string[]> {
  const embedder = createModelCatalogue({ config: { models: {} }, env: {} }).embedder(model);
  return async (texts) => {
    const { vectors, dimensions } = await embedder.embed(texts, { kind: 'query' });
    return texts.map((_, row) => vectorToJson(vectors.subarray(row * dimensions, (row + 1) * dimensions)));
  };
}

async function fill({ qdrantUrl, points }: Bench, name: string, embed: (texts: readonly string[]) => Promise<string[]>): Promise<void> {
  const pool = new Pool(qdrantUrl);
  for (let from = 0; from < points; from += 500) {
    const texts = Array.from({ length: Math.min(500, points - from) }, (_, at) => `document ${from + at} of ${(from + at) % 97}`);
    const made = (await embed(texts)).map((vector, at) => `{"id":${from + at},"vector":${vector}}`);
    await ask(pool, 'PUT', `/collections/${name}/points?wait=true`, `{"points":[${made.join(',')}]}`);
  }
  await pool.close();
}

/** Every way once a round, a request of each in turn, so that what else the machine does meets all of them. */
async function measure(asked: readonly Asked[], path: string, rounds: number): Promise<string[][]> {
  const pools = asked.map(({ url }) => new Pool(url, { connections: atOnce }));
  const took = asked.map((): number[] => []);
  const rates = asked.map((): number[] => []);
  let n = 0;
  for (let round = 0; round < rounds; round++) {
    for (let request = 0; request < requests; request++) {
      n++;
      for (const [at, { body }] of asked.entries()) took[at]?.push(await timed(() => ask(pools[at], 'POST', path, body(n))));
    }
    for (const [at, { body }] of asked.entries()) rates[at]?.push(await rateOf(() => ask(pools[at], 'POST', path, body(n++))));
  }
  await Promise.all(pools.map((pool) => pool.close()));
  const alone = median(took[0] ?? []);
  return asked.map(({ what }, at) => {
    const times = (took[at] ?? []).toSorted((a, b) => a - b);
    const [p50, p99] = [median(times), times[Math.floor(times.length * 0.99)] ?? Number.NaN];
    return [what, p50.toFixed(2), p99.toFixed(2), at === 0 ? '' : (p50 - alone).toFixed(2), median(rates[at] ?? []).toFixed(0)];
  });
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await act();
  return performance.now() - before;
}

/** A second, with so many at once. */
async function rateOf(act: () => Promise<unknown>): Promise<number> {
  const until = performance.now() + rateMs;
  let done = 0;
  const go = async () => {
    for (; performance.now() < until; done++) await act();
  };
  await Promise.all(Array.from({ length: atOnce }, go));
  return (done / rateMs) * 1_000;
}

async function ask(pool: Pool | undefined, method: 'POST' | 'PUT', path: string, body: string): Promise<void> {
  const answer = await pool?.request({ method, path, body, headers: { 'content-type': 'application/json' } });
  const text = await answer?.body.text();
  if (answer?.statusCode !== 200) throw new Error(`${method} ${path} was answered with ${answer?.statusCode}: ${text?.slice(0, 300)}`);
}
