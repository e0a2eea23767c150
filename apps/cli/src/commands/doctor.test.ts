import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModelCatalogue } from '@reembed/embedders';
import { createQdrantCollections, createQdrantPoints } from '@reembed/qdrant';
import { startTestQdrant, startTestRedis } from '@reembed/testkit';
import { expect, test } from 'vitest';
import { runInProcess } from '../start-cli.fixture.ts';

/** A collection of models that need no network: `hash/64` as its metadata say, and the last `foreign` points of another that has the same size. */
async function setScene(foreign: number) {
  const qdrant = await startTestQdrant();
  const address = { url: qdrant.url, requestTimeoutMs: 30_000 };
  const collections = createQdrantCollections(address);
  const collection = qdrant.collectionName('docs');
  const vectors = { '': { model: 'hash/64', dimensions: 64, text: '{{body}}' } };
  await collections.create(collection, { vectors: { size: 64, distance: 'Cosine' }, metadata: { reembed: { vectors } } });
  const embedder = createModelCatalogue({ config: { models: {} }, env: {} }).embedder('hash/64');
  const texts = Array.from({ length: 40 }, (_, n) => `document ${n} of ${n % 7} about ${n * n}`);
  const made = (await embedder.embed(texts, { kind: 'document' })).vectors;
  const points = texts.map((body, n) => {
    const vector = made.slice(n * 64, (n + 1) * 64);
    const stored = n < texts.length - foreign ? vector : vector.map((value) => -value);
    return {
      id: { kind: 'integer' as const, id: String(n) },
      payload: JSON.stringify({ body }),
      vectors: { '': JSON.stringify([...stored]) },
    };
  });
  await createQdrantPoints({ ...address, connections: 1 }).insertOnly(collection, points);
  const alias = qdrant.collectionName('alias');
  await collections.pointAlias(alias, collection);
  return {
    ...{ collection, alias },
    look: async () => JSON.stringify([await collections.describe(collection), [...(await collections.aliases())]]),
    folder: await mkdtemp(join(tmpdir(), 'reembed-doctor-')),
    run: (...args: string[]) => runInProcess(args, { QDRANT_URL: qdrant.url }),
    with:
      (env: Readonly<Record<string, string>>) =>
      (...args: string[]) =>
        runInProcess(args, { QDRANT_URL: qdrant.url, ...env }),
    [Symbol.asyncDispose]: () => qdrant[Symbol.asyncDispose](),
  };
}

test('a collection that is well ends with 0 and no alarm, by its name or an alias, and is left as it was', async () => {
  await using on = await setScene(0);
  const before = await on.look();
  const { exit, out } = await on.run('doctor', on.alias);
  expect([exit, out]).toEqual([0, expect.stringContaining('No alarm.')]);
  expect(out).toContain(`"${on.collection}": 40 points, of which 40 were read and 40 texts embedded again.`);
  expect(await on.look()).toBe(before);
});

test('one with vectors of another model ends with 6, for whoever runs it by a clock, with the points that have them', async () => {
  await using on = await setScene(3);
  const { exit, out, err } = await on.run('doctor', on.collection);
  expect([exit, err]).toEqual([6, expect.stringContaining('[unhealthy]')]);
  expect(out.replaceAll(/\s+/g, ' ')).toMatch(/ALARM unlike-model: 3 of 40 \(7\.5 %\) .* Points (37|38|39), (37|38|39), (37|38|39)\./);
  const said = await on.run('doctor', on.collection, '--json');
  expect([said.exit, JSON.parse(said.out)]).toEqual([
    6,
    expect.objectContaining({ sampled: 40, found: [expect.objectContaining({ symptom: 'unlike-model', alarm: true, count: 3, of: 40 })] }),
  ]);
  expect((await on.run('doctor', on.collection, '--allow', '10%')).exit).toBe(0);
});

test('one that is not there is said to be that', async () => {
  await using on = await setScene(0);
  expect((await on.run('doctor', 'nothing')).exit).toBe(4);
});

test('without a collection it looks at Redis, Qdrant, models and clocks: 0 where all is well, 6 where something is broken', async () => {
  await using on = await setScene(0);
  await using redis = await startTestRedis();
  const config = join(on.folder, 'reembed.config.yaml');
  await writeFile(config, 'models: { mine/one: { provider: hash, model: "64" } }\n');
  const env = { REDIS_URL: redis.url, REEMBED_CONFIG: config };
  const well = await on.with(env)('doctor', '--json');
  const { found } = JSON.parse(well.out);
  expect(found.filter(({ state }: { state: string }) => state === 'broken')).toEqual([]);
  expect(well.exit).toBe(0);
  expect(new Set(found.map(({ of }: { of: string }) => of))).toEqual(new Set(['Redis', 'clock', 'Qdrant', 'provider']));

  const lost = await on.with({ ...env, REDIS_URL: 'redis://127.0.0.1:1' })('doctor');
  expect(lost.exit).toBe(6);
  expect(lost.out).toMatch(/BROKEN Redis: .*\n(.*\n)*? +→ set REDIS_URL/);

  // As in the tutorial: none is named, and a command that wants one starts it.
  const unnamed = JSON.parse((await on.with({ REEMBED_CONFIG: config })('doctor', '--json')).out);
  expect(unnamed.found.filter(({ of, state }: { of: string; state: string }) => of === 'Redis' && state === 'broken')).toEqual([]);
});
