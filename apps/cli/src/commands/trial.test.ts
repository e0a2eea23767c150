import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trialSchema } from '@reembed/contracts';
import { createModelCatalogue } from '@reembed/embedders';
import { createQdrantCollections, createQdrantPoints, vectorToJson } from '@reembed/qdrant';
import { startTestQdrant } from '@reembed/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runInProcess } from '../start-cli.fixture.ts';

const documents = 120;
const wordsOf = (n: number) => Array.from({ length: 6 }, (_, at) => `word${(n * 31 + at * at * 17) % 997}`).join(' ');

let scene: AsyncDisposableStack;
let env: Record<string, string>;
let specFile: string;
let source: string;
let folder: string;

/** Documents whose vectors `hash/64` made, each with a title of its words. */
beforeAll(async () => {
  scene = new AsyncDisposableStack();
  const qdrant = scene.use(await startTestQdrant());
  const address = { url: qdrant.url, requestTimeoutMs: 30_000 };
  source = qdrant.collectionName('old');
  const embedder = createModelCatalogue({ config: { models: {} }, env: {} }).embedder('hash/64');
  const bodies = Array.from({ length: documents }, (_, n) => wordsOf(n));
  const { vectors } = await embedder.embed(bodies, { kind: 'document' });
  const points = bodies.map((body, n) => ({
    id: { kind: 'integer' as const, id: String(n + 1) },
    payload: JSON.stringify({ body, title: body.split(' ').slice(0, 2).join(' ') }),
    vectors: { '': vectorToJson(vectors.subarray(n * 64, (n + 1) * 64)) },
  }));
  await createQdrantCollections(address).create(source, { vectors: { size: 64, distance: 'Cosine' } });
  await createQdrantPoints({ ...address, connections: 2 }).insertOnly(source, points);
  folder = await mkdtemp(join(tmpdir(), 'reembed-trial-'));
  scene.defer(() => rm(folder, { recursive: true }));
  specFile = join(folder, 'spec.json');
  const spec = {
    ...{ name: 'wider', source: { collection: source, vectors: { '': { model: 'hash/64', text: '{{body}}' } } } },
    ...{ target: { collection: qdrant.collectionName('new') }, vectors: { '': { embed: { model: 'hash/512', text: '{{body}}' } } } },
    gates: { knownItems: { text: '{{title}}', points: 60 } },
  };
  await writeFile(specFile, JSON.stringify(spec));
  env = { QDRANT_URL: qdrant.url };
});
afterAll(() => scene.disposeAsync());

test('a trial says of every candidate whether it is worth it, what it was tried on, and how to delete it; again it embeds no document', async () => {
  const page = join(folder, 'trial.html');
  const words = ['trial', '--model', 'hash/32', specFile, '--points', '100', '--html', page];
  const { exit, out } = await runInProcess(words, env);
  expect([exit, out]).toEqual([0, expect.stringContaining('asking the sample')]);
  expect(out).toMatch(/^wider: (worth it|not shown|worse)\nhash\/32: (worth it|not shown|worse)\n/m);
  expect(out).toContain('Tried on 100 of 120 points');
  expect(out).toContain('50 queries made of documents');
  expect(await readFile(page, 'utf8')).toContain('hash/32');
  const again = trialSchema.parse(JSON.parse((await runInProcess([...words, '--json'], env)).out));
  expect(again).toMatchObject({ kept: 200, sample: { points: 100, ofPoints: documents } });
  const discard = /`reembed (discard \S+ --confirm \S+)`/.exec(out)?.[1] ?? '';
  expect(discard).toBe(`discard ${again.id} --confirm ${again.collection}`);
});

test.each([
  ['too few points', ['--points', '5'], /points \(5\)/],
  [
    'a page that cannot be written, before anything is tried',
    ['--html', 'nowhere/page.html'],
    /^reembed: nowhere\/page\.html cannot be written/,
  ],
  ['a file that is not there', ['nowhere.yaml'], /nowhere\.yaml does not exist/],
])('%s is refused', async (_, words, message) => {
  const { exit, err } = await runInProcess(['trial', specFile, ...words], env);
  expect([exit, err]).toEqual([2, expect.stringMatching(message)]);
});

test('another model in the place of one that is not there is refused by name', async () => {
  const kept = join(folder, 'kept.json');
  const spec = JSON.parse(await readFile(specFile, 'utf8')) as object;
  await writeFile(kept, JSON.stringify({ ...spec, vectors: { '': { keep: '' } } }));
  const { exit, err } = await runInProcess(['trial', kept, '--model', 'hash/32'], env);
  expect([exit, err]).toEqual([2, expect.stringContaining('embeds nothing')]);
});
