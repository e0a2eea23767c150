import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveAdapter } from '@reembed/adapters';
import { specSchema } from '@reembed/contracts';
import { buildAdapterHeader, buildMigration } from '@reembed/testkit';
import { expect, test } from 'vitest';
import { createProjections } from './projections.ts';

async function scene() {
  const dir = await mkdtemp(join(tmpdir(), 'reembed-projections-'));
  const { format: _format, sha256: _sha256, normalise: _normalise, ...provenance } = buildAdapterHeader();
  const save = (first: number) =>
    saveAdapter(join(dir, 'map.json'), provenance, {
      ...{ from: 2, to: 3, normalise: false },
      matrix: Float32Array.of(first, 0, 0, 0, 1, 0),
      offset: Float32Array.of(0, 0, 1),
    });
  const spec = specSchema.parse({
    ...{ name: 'x', source: { collection: 'docs_v1' }, target: { collection: 'b' } },
    vectors: { mapped: { project: { vector: '', adapter: 'map.json' } } },
  });
  const migration = buildMigration();
  const planned = ({ sha256, from, to }: Awaited<ReturnType<typeof save>>) => ({
    ...migration,
    spec,
    resolved: { ...migration.resolved, adapters: { mapped: { sha256, from, to } } },
  });
  return { dir, save, planned, [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) };
}

test('a page of vectors is mapped by the file that the plan saw', async () => {
  await using on = await scene();
  const maps = await createProjections(on.dir)(on.planned(await on.save(2)));
  expect(maps.mapped?.(Float32Array.of(1, 2, 3, 4))).toEqual(Float32Array.of(2, 2, 1, 6, 4, 1));
});

test('a worker whose file is another refuses, names both, and goes on once the planned file is there', async () => {
  await using on = await scene();
  const planned = on.planned(await on.save(2));
  const other = await on.save(3);
  const projections = createProjections(on.dir);
  await expect(projections(planned)).rejects.toMatchObject({
    code: 'adapter-changed',
    message: expect.stringMatching(new RegExp(`${other.sha256}.*${planned.resolved.adapters.mapped?.sha256}.*resume`)),
  });
  await on.save(2);
  await expect(projections(planned)).resolves.toHaveProperty('mapped');
});

test('a worker without the file says where it looked', async () => {
  await using on = await scene();
  const planned = on.planned(await on.save(2));
  await rm(join(on.dir, 'map.json'));
  await expect(createProjections(on.dir)(planned)).rejects.toMatchObject({
    code: 'invalid-adapter',
    message: expect.stringContaining(on.dir),
  });
});
