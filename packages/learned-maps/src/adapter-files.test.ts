import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runAdaptersContract } from '@reembed/testkit';
import { afterAll, expect, test } from 'vitest';
import { buildMap, buildProvenance } from './adapter.fixture.ts';
import { adapterPath, createAdapterFiles, loadAdapter, saveAdapter } from './adapter-files.ts';

const dir = await mkdtemp(join(tmpdir(), 'reembed-adapters-'));
afterAll(() => rm(dir, { recursive: true }));
const path = (name: string) => join(dir, name);

test('an adapter comes back as it was written, and leaves no draft behind', async () => {
  const header = await saveAdapter(path('a.json'), buildProvenance(), buildMap());
  expect(await loadAdapter(path('a.json'))).toEqual({ header, map: buildMap() });
  expect(await readdir(dir)).toEqual(['a.json']);
});

test('a kernel comes back as it was written; a file of format 1 still loads', async () => {
  const kernel = { landmarks: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), width: 1.5 };
  const map = { ...buildMap(), matrix: new Float32Array(12).fill(0.5), kernel };
  const header = await saveAdapter(path('k.json'), buildProvenance({ kind: 'kernel' }), map);
  expect(await loadAdapter(path('k.json'))).toEqual({ header, map });
  expect(header).toMatchObject({ format: 2, kind: 'kernel' });
  const { header: old, map: straight } = await loadAdapter(fileURLToPath(new URL('fixtures/format-1.json', import.meta.url)));
  expect([old.format, old.kind, straight]).toEqual([1, 'ridge', buildMap()]);
});

test('a kernel that is not what its kind says, or has part of a landmark, is refused', async () => {
  const kernel = { landmarks: Float32Array.of(1, 2, 3), width: 1.5 };
  const map = { ...buildMap(), matrix: new Float32Array(3), kernel };
  await saveAdapter(path('l.json'), buildProvenance({ kind: 'kernel' }), map);
  await expect(loadAdapter(path('l.json'))).rejects.toThrow('numbers in its landmarks');
  await saveAdapter(path('m.json'), buildProvenance(), map);
  await expect(loadAdapter(path('m.json'))).rejects.toThrow('says ridge, and has a kernel');
  await saveAdapter(path('n.json'), buildProvenance({ kind: 'kernel' }), buildMap());
  await expect(loadAdapter(path('n.json'))).rejects.toThrow('says kernel, and has no kernel');
});

test('a directory that is not there yet is made', async () => {
  await saveAdapter(path('deep/er/a.json'), buildProvenance(), buildMap());
  await expect(loadAdapter(path('deep/er/a.json'))).resolves.toBeDefined();
});

test.each<[string, (file: Record<string, unknown>) => unknown, RegExp]>([
  [
    'a changed number',
    (file) => ({ ...file, offset: Buffer.from(new Float32Array([9, 9, 9]).buffer).toString('base64') }),
    /SHA-256 differs/,
  ],
  ['another model', (file) => ({ ...file, to: { ...(file.to as object), model: 'openai/other' } }), /SHA-256 differs/],
  ['an unknown field', (file) => ({ ...file, extra: 1 }), /extra/],
  ['another format', (file) => ({ ...file, format: 3 }), /format/],
])('%s is noticed', async (_, change, message) => {
  await saveAdapter(path('b.json'), buildProvenance(), buildMap());
  const file = JSON.parse(await readFile(path('b.json'), 'utf8')) as Record<string, unknown>;
  await writeFile(path('b.json'), JSON.stringify(change(file)));
  await expect(loadAdapter(path('b.json'))).rejects.toMatchObject({ code: 'invalid-adapter', message: expect.stringMatching(message) });
});

test('a matrix of another size than its dimensions is refused', async () => {
  await saveAdapter(path('c.json'), buildProvenance(), { ...buildMap(), matrix: new Float32Array(5) });
  await expect(loadAdapter(path('c.json'))).rejects.toThrow('has 5 numbers in its matrix, not 6');
});

test('a number that is not finite is refused', async () => {
  await saveAdapter(path('d.json'), buildProvenance(), { ...buildMap(), offset: Float32Array.of(0, Number.NaN, 0) });
  await expect(loadAdapter(path('d.json'))).rejects.toThrow('not finite');
});

test('a file that is absent or cut short says so', async () => {
  await writeFile(path('e.json'), '{"format":1,"ki');
  await expect(loadAdapter(path('e.json'))).rejects.toThrow('cut short');
  await expect(loadAdapter(path('none.json'))).rejects.toThrow('reembed adapter fit');
});

test.each(['../secret.json', '/etc/passwd', 'a/b.json', '..', '.hidden', ''])('the name %j leads nowhere', (name) => {
  expect(() => adapterPath(dir, name)).toThrow('by its name alone');
});

test('a map is applied by the file that was planned', async () => {
  const { sha256 } = await saveAdapter(path('d.json'), buildProvenance(), { ...buildMap(), normalise: false });
  const projection = await createAdapterFiles(dir).projection('d.json', sha256);
  expect(projection(Float32Array.of(1, 0, 0, 1))).toEqual(Float32Array.of(1.5, 1.75, 3, 4.5, 4.75, 6));
});

test('a file that is another than the planned one is refused, naming both, until the planned one is there; a map in use stays in use', async () => {
  const save = (lambda: number) => saveAdapter(path('e.json'), provenanceWith(lambda), buildMap());
  const [planned, other] = [await save(1), await save(2)];
  const files = createAdapterFiles(dir);
  await expect(files.projection('e.json', planned.sha256)).rejects.toMatchObject({
    code: 'adapter-changed',
    message: expect.stringMatching(new RegExp(`${other.sha256}.*${planned.sha256}.*resume`)),
  });
  await save(1);
  const held = await files.projection('e.json', planned.sha256);
  await save(2);
  expect(await files.projection('e.json', planned.sha256)).toBe(held);
});

runAdaptersContract('a directory', async () => {
  const own = await mkdtemp(join(dir, 'contract-'));
  const file = join(own, 'map.json');
  return {
    learnedMaps: createAdapterFiles(own),
    put: (which) => saveAdapter(file, provenanceWith(which === 'first' ? 1 : 2), buildMap()),
    remove: () => rm(file),
  };
});

function provenanceWith(lambda: number) {
  const { fit } = buildProvenance();
  return buildProvenance({ fit: { ...fit, lambda } });
}
