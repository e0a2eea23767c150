import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { saveAdapter } from '@reembed/adapters';
import { stubVector } from '@reembed/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadSpec } from '../../apps/cli/src/load-spec.ts';
import { buildProvenance } from '../../packages/adapters/src/adapter.fixture.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { createSource, documentOf, type SourcePoint } from '../support/source-collection.ts';

const folder = fileURLToPath(new URL('../../examples', import.meta.url));
const examples = (await readdir(folder)).filter((file) => file.endsWith('.yaml') && file !== 'reembed.config.yaml');
const count = 60;
/** Of the model that the examples begin with. */
const dimensions = 1_536;
/** The vectors of a stub mean nothing, so a gate of quality may find what it likes: a person takes it on. */
const override = { gate: 'quality', by: 'the test', reason: 'vectors without meaning' };

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
  fleet = scene.use(await startFleet({ builtInModels: true, stub: { dimensions }, filesDir: copies }));
});
afterAll(() => scene.disposeAsync());

/** A collection that every example can begin with: text, a flag, a moment, and the vectors of a model that can be cut. */
function documents(): SourcePoint[] {
  return Array.from({ length: count }, (_, at) => {
    const { title, body } = documentOf(at + 1);
    const payload = { title, body, published: at % 2 === 0, updated_at: new Date(1_700_000_000_000 + at * 1_000).toISOString() };
    const vector = stubVector('text-embedding-3-small', 'document', `${title}\n\n${body}`, dimensions);
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
  await saveAdapter(path, { ...buildProvenance(), from, to }, map);
}

/** Answers whatever the examples' services are asked: ids with texts, and holds with yes. */
async function startServices(stack: AsyncDisposableStack): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { ids = [] } = JSON.parse(body) as { ids?: string[] };
    const texts = Object.fromEntries(ids.map((id) => [id, documentOf(Number(id)).body]));
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ texts }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stack.defer(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The example as a user has it, but for names that nobody else uses. */
async function specOf(file: string, names: Readonly<Record<string, string>>) {
  const services = await startServices(scene);
  const text = (await readFile(join(copies, file), 'utf8'))
    .replaceAll('docs_v1', names.source ?? '')
    .replaceAll('docs_v2', names.target ?? '')
    .replaceAll(/alias: docs$/gm, `alias: ${names.alias}`)
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, services);
  await writeFile(join(copies, file), text);
  return loadSpec(join(copies, file));
}

test.each(examples)('%s is run to its end', async (file) => {
  const { http, api, name } = fleet;
  const names = { source: name('source'), target: name('target'), alias: name('alias') };
  name(`${names.alias}.next`);
  await createSource(http, names.source, { vectors: { size: dimensions, distance: 'Cosine' } }, documents());
  await http.call('PUT', `/collections/${names.source}/index?wait=true`, { field_name: 'updated_at', field_schema: 'datetime' });
  await http.call('PUT', `/collections/${names.source}/index?wait=true`, { field_name: 'published', field_schema: 'bool' });
  await http.call('POST', '/collections/aliases', {
    actions: [{ create_alias: { alias_name: names.alias, collection_name: names.source } }],
  });
  const spec = await specOf(file, names);
  const { id } = await api.submit(spec);
  await api.until(id, 'ready');
  if (!spec.target.inPlace) {
    await api.command(id, 'switch', { override });
    await api.until(id, 'observing');
    expect((await http.aliases())[names.alias]).toBe(names.target);
  }
  const collection = spec.target.collection;
  expect(await http.count(collection)).toBe(spec.source.filter === null ? count : count / 2);
  for (const vector of Object.keys(spec.vectors)) {
    const filter = { must_not: [{ has_vector: vector }] };
    expect(await http.call('POST', `/collections/${collection}/points/count`, { exact: true, filter }), vector).toEqual({ count: 0 });
  }
});
