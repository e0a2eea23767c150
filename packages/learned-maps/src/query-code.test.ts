import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSeededRandom } from '@reembed/core';
import { afterAll, expect, test } from 'vitest';
import { buildProvenance } from './adapter.fixture.ts';
import { saveAdapter } from './adapter-files.ts';
import { applyMap } from './affine-map.ts';
import { openLinearAlgebra } from './linear-algebra.ts';
import { queryAdapterPython, queryAdapterTypeScript } from './query-code.ts';

const dir = await mkdtemp(join(tmpdir(), 'reembed-query-side-'));
afterAll(() => rm(dir, { recursive: true }));

const [from, to] = [40, 24];
const random = createSeededRandom(3);
const values = (length: number) => Float32Array.from({ length }, () => random() - 0.5);
const straight = { from, to, matrix: values(from * to), offset: values(to), normalise: true };
const kernel = { landmarks: values(30 * from), width: 1.7 };
const maps = { ridge: straight, kernel: { ...straight, matrix: values(30 * to), kernel } };
const query = values(from);
const pathOf = (kind: keyof typeof maps) => join(dir, `${kind}.json`);
const kinds = ['ridge', 'kernel'] as const;
for (const kind of kinds)
  await saveAdapter(
    pathOf(kind),
    buildProvenance({ kind, from: { model: null, dimensions: from, text: null }, to: { model: 'hash/24', dimensions: to, text: '{{a}}' } }),
    maps[kind],
  );

test.each(kinds)('the TypeScript that is exported gives what the migration gives, to 1e-6: %s', async (kind) => {
  await writeFile(join(dir, 'adapter.ts'), queryAdapterTypeScript);
  const { loadAdapter } = (await import(join(dir, 'adapter.ts'))) as { loadAdapter: (path: string) => (vector: number[]) => number[] };
  await expectSame(kind, loadAdapter(pathOf(kind))([...query]));
  expect(() => loadAdapter(pathOf(kind))([1])).toThrow('takes 40 dimensions');
});

const python = process.env.REEMBED_PYTHON ?? 'python3';
const hasNumpy = spawnSync(python, ['-c', 'import numpy']).status === 0;

test.skipIf(!hasNumpy).each(kinds)('the Python that is exported gives what the migration gives, to 1e-6: %s', async (kind) => {
  await writeFile(join(dir, 'adapter.py'), queryAdapterPython);
  const call = `import json, adapter; print(json.dumps(adapter.load_adapter(${JSON.stringify(pathOf(kind))})(${JSON.stringify([...query])}).tolist()))`;
  await expectSame(kind, JSON.parse(execFileSync(python, ['-c', call], { cwd: dir, encoding: 'utf8' })) as number[]);
});

async function expectSame(kind: keyof typeof maps, found: readonly number[]) {
  const expected = applyMap(await openLinearAlgebra(), maps[kind], query);
  expect(found).toHaveLength(to);
  for (const [at, value] of found.entries()) expect(Math.abs(value - (expected[at] ?? Number.NaN))).toBeLessThan(1e-6);
}
