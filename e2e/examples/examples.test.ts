import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { MigrationView, Trial } from '@reembed/contracts';
import { saveAdapter } from '@reembed/learned-maps';
import { stubVector, writeTinySentenceModel } from '@reembed/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reembed } from '../support/built.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { createSource, documentOf, type SourcePoint } from '../support/source-collection.ts';

const folder = fileURLToPath(new URL('../../examples', import.meta.url));
const examples = (await readdir(folder)).filter((file) => file.endsWith('.yaml') && file !== 'reembed.config.yaml');
const count = 60;
/** Of the model that the examples begin with. */
const dimensions = 1_536;
/** The vectors of a stub mean nothing, so a gate of quality may find what it likes: a person takes it on. */
const override = { gate: 'quality', by: 'the test', reason: 'vectors without meaning' };

/** Points that an example means, where it means not all. */
const matching: Readonly<Record<string, number>> = { 'filter-and-mapping.yaml': count / 2 };

type Params = { readonly vectors: object; readonly sparse_vectors?: object };

let fleet: Fleet;
let scene: AsyncDisposableStack;
/** Where the examples are run from, with the services they name at addresses of the test. */
let copies: string;

beforeAll(async () => {
  scene = new AsyncDisposableStack();
  copies = await mkdtemp(join(tmpdir(), 'reembed-examples-'));
  scene.defer(() => rm(copies, { recursive: true, force: true }));
  await cp(folder, copies, { recursive: true });
  await saveIdentity(join(copies, 'small-to-large.json'));
  const modelsDir = join(copies, 'models');
  await writeTinySentenceModel(join(modelsDir, 'Xenova/multilingual-e5-small'), { dimensions: 384 });
  const tokenModels = { words: 'tei/splade', rows: 'vllm/colbert' };
  fleet = scene.use(await startFleet({ builtInModels: true, stub: { dimensions }, tokenModels, filesDir: copies, modelsDir }));
});
afterAll(() => scene.disposeAsync());

/** A collection that every example can begin with: text, a flag, a moment, and the vectors of a model that can be cut. */
function documents(): SourcePoint[] {
  return Array.from({ length: count }, (_, at) => {
    const { title, body } = documentOf(at + 1);
    const payload = { title, body, published: at % 2 === 0, updated_at: new Date(1_700_000_000_000 + at * 1_000).toISOString() };
    const vector = stubVector('text-embedding-3-small', '', `${title}\n\n${body}`, dimensions);
    return { id: String(at + 1), payload: JSON.stringify(payload), vector: JSON.stringify(vector) };
  });
}

/** A map that changes nothing, where the example has one of its own fitted. */
async function saveIdentity(path: string): Promise<void> {
  const text = '{{title}}\n\n{{body}}';
  const matrix = new Float32Array(dimensions * dimensions);
  for (let at = 0; at < dimensions; at++) matrix[at * dimensions + at] = 1;
  const from = { model: 'openai/text-embedding-3-small', dimensions, text };
  const to = { model: 'openai/text-embedding-3-large', dimensions, text };
  const map = { from: dimensions, to: dimensions, matrix, offset: new Float32Array(dimensions), normalise: true };
  const scores = { overlapAt10: 1, ndcgAt10: null };
  const fit = { pairs: 1, heldOut: 1, seed: 'none', stratify: null, strata: {}, lambda: 1, scores: { ridge: scores, procrustes: scores } };
  const source = { collection: 'docs_v1', vector: '' };
  const made = { kind: 'ridge', source, fit: { ...fit, trueNdcgAt10: null }, createdAt: '2026-01-01T00:00:00.000Z' } as const;
  await saveAdapter(path, { ...made, from, to }, map);
}

/** Answers whatever the examples' services are asked: ids with texts, and holds with yes. */
async function startServices(stack: AsyncDisposableStack): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { ids = [], token } = JSON.parse(body) as { ids?: string[]; token?: string };
    const texts = Object.fromEntries(ids.map((id) => [id, documentOf(Number(id)).body]));
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ texts, token }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stack.defer(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Names = Readonly<Record<'source' | 'target' | 'alias', string>>;

/** Makes the example's collection, and the example its own: names that nobody else uses, and services that are there. */
async function prepare(file: string): Promise<Names> {
  const { http, name } = fleet;
  const names = { source: name('source'), target: name('target'), alias: name('alias') };
  name(`${names.alias}.next`);
  await createSource(http, names.source, { vectors: { size: dimensions, distance: 'Cosine' } }, documents());
  await http.call('PUT', `/collections/${names.source}/index?wait=true`, { field_name: 'updated_at', field_schema: 'datetime' });
  await http.call('PUT', `/collections/${names.source}/index?wait=true`, { field_name: 'published', field_schema: 'bool' });
  await http.call('POST', '/collections/aliases', {
    actions: [{ create_alias: { alias_name: names.alias, collection_name: names.source } }],
  });
  const services = await startServices(scene);
  const text = (await readFile(join(copies, file), 'utf8'))
    .replaceAll('docs_v1', names.source)
    .replaceAll('docs_v2', names.target)
    .replaceAll(/alias: docs(_rows)?$/gm, `alias: ${names.alias}`)
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, services);
  await writeFile(join(copies, file), text);
  return names;
}

/** What a command answers that is typed beside the examples. */
async function typed<Answer>(...words: readonly string[]): Promise<Answer> {
  const env = { ...fleet.env, REEMBED_URL: fleet.coordinatorUrl() };
  const { stdout } = await promisify(execFile)(process.execPath, [reembed, ...words, '--json'], { env, cwd: copies });
  return JSON.parse(stdout) as Answer;
}

/** The table of the example's own command. */
async function tried(file: string): Promise<Trial> {
  const trial = await typed<Trial>('trial', file, '--model', 'openai/text-embedding-3-large@256', '--points', '100');
  expect(trial.candidates.map(({ name }) => name)).toEqual(['docs-large', 'openai/text-embedding-3-large@256']);
  expect(trial.candidates.every(({ verdict, whole }) => verdict !== 'worth it' && whole.priceUsd !== null)).toBe(true);
  expect(trial.sample).toMatchObject({ ofPoints: count, points: count });
  scene.defer(async () => void (await fleet.http.call('DELETE', `/collections/${trial.collection}`)));
  return trial;
}

test.concurrent.each(examples)('%s is run to its end', async (file) => {
  const { http, api } = fleet;
  const names = await prepare(file);
  const trial = file === 'trial.yaml' ? await tried(file) : null;
  const { id, source, target } = await typed<MigrationView>('submit', file);
  const { verification, progress } = await api.until(id, 'ready');
  // What was tried is not paid again.
  if (trial !== null) expect(progress).toMatchObject({ kept: trial.sample.points });
  // Of an example that has points filled first, its queries found some.
  const hot = await fleet.state.ranges.hotWithin(id, { start: null, end: null });
  expect((hot ?? []).length > 0).toBe(/hotFirst/.test(await readFile(join(copies, file), 'utf8')));
  if (source !== target) {
    await api.command(id, 'switch', { override });
    await api.until(id, 'observing');
    expect((await http.aliases())[names.alias]).toBe(names.target);
  }
  expect(verification).toMatchObject({ sourcePoints: matching[file] ?? count, targetPoints: matching[file] ?? count, findings: [] });
  const { config } = (await http.call('GET', `/collections/${target}`)) as { config: { params: Params } };
  const { vectors, sparse_vectors: sparse = {} } = config.params;
  const dense = 'size' in vectors ? [''] : Object.keys(vectors);
  for (const vector of [...dense, ...Object.keys(sparse)]) {
    const filter = { must_not: [{ has_vector: vector }] };
    expect(await http.call('POST', `/collections/${target}/points/count`, { exact: true, filter }), vector).toEqual({ count: 0 });
  }
});
