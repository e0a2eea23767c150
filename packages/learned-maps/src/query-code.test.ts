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
const map = { from, to, matrix: values(from * to), offset: values(to), normalise: true };
const query = values(from);
const path = join(dir, 'adapter.json');
await saveAdapter(
  path,
  buildProvenance({ from: { model: null, dimensions: from, text: null }, to: { model: 'hash/24', dimensions: to, text: '{{a}}' } }),
  map,
);

test('the TypeScript that is exported gives what the migration gives, to 1e-6', async () => {
  await writeFile(join(dir, 'adapter.ts'), queryAdapterTypeScript);
  const { loadAdapter } = (await import(join(dir, 'adapter.ts'))) as { loadAdapter: (path: string) => (vector: number[]) => number[] };
  await expectSame(loadAdapter(path)([...query]));
  expect(() => loadAdapter(path)([1])).toThrow('takes 40 dimensions');
});

const python = process.env.REEMBED_PYTHON ?? 'python3';
const hasNumpy = spawnSync(python, ['-c', 'import numpy']).status === 0;

test.skipIf(!hasNumpy)('the Python that is exported gives what the migration gives, to 1e-6', async () => {
  await writeFile(join(dir, 'adapter.py'), queryAdapterPython);
  const call = `import json, adapter; print(json.dumps(adapter.load_adapter(${JSON.stringify(path)})(${JSON.stringify([...query])}).tolist()))`;
  await expectSame(JSON.parse(execFileSync(python, ['-c', call], { cwd: dir, encoding: 'utf8' })) as number[]);
});

async function expectSame(found: readonly number[]) {
  const expected = applyMap(await openLinearAlgebra(), map, query);
  expect(found).toHaveLength(to);
  for (const [at, value] of found.entries()) expect(Math.abs(value - (expected[at] ?? Number.NaN))).toBeLessThan(1e-6);
}
