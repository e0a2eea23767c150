import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Requantization } from '@reembed/contracts';
import { createQdrantCollections, createQdrantPoints } from '@reembed/qdrant';
import { startTestQdrant } from '@reembed/testkit';
import { expect, test } from 'vitest';
import { runInProcess as run } from '../start-cli.fixture.ts';

/** A collection of thirty points with two vectors, and the command line in this process. */
async function setScene() {
  const qdrant = await startTestQdrant();
  const address = { url: qdrant.url, requestTimeoutMs: 30_000 };
  const collections = createQdrantCollections(address);
  const collection = qdrant.collectionName('docs');
  const vectors = { '': { size: 2, distance: 'Cosine' }, title: { size: 2, distance: 'Cosine' } };
  await collections.create(collection, { vectors });
  const points = Array.from({ length: 30 }, (_, n) => {
    const vector = `[${Math.cos(n / 5)},${Math.sin(n / 5)}]`;
    return { id: { kind: 'integer' as const, id: String(n + 1) }, payload: '{}', vectors: { '': vector, title: vector } };
  });
  await createQdrantPoints({ ...address, connections: 1 }).insertOnly(collection, points);
  return {
    collection,
    look: () => collections.describe(collection),
    run: (...args: string[]) => run(args, { QDRANT_URL: qdrant.url }),
    [Symbol.asyncDispose]: () => qdrant[Symbol.asyncDispose](),
  };
}

/** What stands in a command as a shell reads it. */
function words(command: string): string[] {
  return (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'(.*)'$/, '$1'));
}

test('it shows what it would do; with --yes it does that, and the command it prints puts back what was before', {
  timeout: 60_000,
}, async () => {
  await using on = await setScene();
  const before = await on.look();
  const setting = ['requantize', on.collection, '--vector', '', '--to', 'scalar', '--quantile', '0.99', '--originals', 'disk'];
  const plan = await on.run(...setting);
  expect(plan).toMatchObject({ exit: 0, out: expect.stringMatching(/Nothing was changed\. `reembed requantize .* --yes` does it\./) });
  expect(plan.out).toMatch(/the unnamed vector +2 +none +scalar int8 quantile 0.99, originals on disk/);
  expect(await on.look()).toEqual(before);

  const done = await on.run(...setting, '--yes');
  expect(done).toMatchObject({ exit: 0, err: '' });
  expect(done.out).toContain('the unnamed vector: pass');
  const after = await on.look();
  expect(after?.vectors).toMatchObject({ '': { on_disk: true, quantization_config: { scalar: { type: 'int8', quantile: 0.99 } } } });
  expect(after?.vectors.title).toEqual(before?.vectors.title);

  const back = words(/^ {2}(reembed requantize .*)$/m.exec(done.out)?.[1] ?? '');
  expect(await on.run(...back.slice(1))).toMatchObject({ exit: 0 });
  expect((await on.look())?.vectors['']).toMatchObject({ on_disk: false });
  expect((await on.look())?.vectors['']).not.toHaveProperty('quantization_config');
});

test('every command of the guide does what it says', { timeout: 60_000 }, async () => {
  await using on = await setScene();
  const guide = readFileSync(new URL('../../../../docs/requantize.md', import.meta.url), 'utf8');
  const commands = [...guide.matchAll(/^(?:npx )?reembed requantize docs(.*?)(?: +#.*)?$/gm)].map(([, rest = '']) => words(rest));
  expect(commands.length).toBeGreaterThan(5);
  for (const options of commands) {
    const { exit, out } = await on.run('--json', 'requantize', on.collection, ...options);
    expect([options, exit]).toEqual([options, 0]);
    const { state, vectors } = JSON.parse(out) as Requantization;
    expect([options, state]).toEqual([options, options.includes('--yes') ? 'done' : 'planned']);
    const [kind] = Object.keys(vectors[0]?.to.quantization ?? { none: {} });
    expect(options.join(' ')).toContain(`--to ${kind}`);
  }
});

test.each<[string, string[], string]>([
  ['an option of another kind', ['--to', 'scalar', '--compression', 'x4'], 'quantization.scalar.compression ("x4"): is not a known field'],
  [
    'an option where there is nothing to quantize to',
    ['--to', 'none', '--quantile', '0.9'],
    '--quantile (0.9) says nothing where --to is none',
  ],
  ['a value out of range', ['--to', 'scalar', '--quantile', '2'], 'quantization.scalar.quantile (2)'],
  [
    'a vector that is not there',
    ['--to', 'scalar', '--vector', 'nope'],
    'vectors.0 ("nope"): there is no such vector; dense ones: "" (unnamed), title',
  ],
  ['no kind', [], '--to'],
])('it refuses %s with 2, and changes nothing', async (_what, options, message) => {
  await using on = await setScene();
  const before = await on.look();
  const { exit, err } = await on.run('requantize', on.collection, ...options, '--yes');
  expect(exit).toBe(2);
  expect(err).toContain(message);
  expect(await on.look()).toEqual(before);
});

test('through a coordinator it sends token and word; what finds too little ends with 6 and the way back', async () => {
  const storage = { quantization: null, originals: 'memory' } as const;
  const vector = { vector: '', dimensions: 2, from: storage, to: storage, memoryBytes: { before: 1, after: 1 }, before: null };
  const planned = { ...{ collection: 'docs', points: 1, warnings: [], waiting: null, undo: [] }, state: 'planned' };
  const failed = { ...planned, state: 'done', undo: ['reembed requantize docs --to none --yes'] };
  const answers = [
    { ...planned, vectors: [{ ...vector, after: [], verdict: null, says: null }] },
    { ...failed, vectors: [{ ...vector, after: [], verdict: 'fail', says: 'searches find 0.3' }] },
  ];
  const asked: unknown[] = [];
  const coordinator = createServer(async (request, reply) => {
    const body = await request.toArray();
    const { apply } = JSON.parse(Buffer.concat(body).toString()) as { apply: boolean };
    asked.push([request.url, request.headers.authorization, apply]);
    reply.end(JSON.stringify(answers.shift()));
  });
  await once(coordinator.listen(0, '127.0.0.1'), 'listening');
  const env = { REEMBED_URL: `http://127.0.0.1:${(coordinator.address() as AddressInfo).port}`, REEMBED_TOKEN: 'a token of some length' };
  const { exit, out, err } = await run(['requantize', 'docs', '--to', 'binary', '--yes'], env);
  coordinator.close();
  expect(exit).toBe(6);
  expect(asked).toEqual([false, true].map((apply) => ['/v1/requantizations', 'Bearer a token of some length', apply]));
  expect(out).toContain('searches find 0.3');
  expect(err).toContain('searches of "docs" find too little by ""; to put back what was before: reembed requantize docs --to none --yes');
});
