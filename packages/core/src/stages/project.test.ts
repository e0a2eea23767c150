import { buildAdapterHeader, createFakeAdapters, fakeVector } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { adoptTarget } from '../commands/adopt.ts';
import { command } from '../commands/commands.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

const planned = buildAdapterHeader();
const refitted = buildAdapterHeader({ sha256: 'b'.repeat(64) });
const mapped = { project: { vector: '', adapter: 'map.json' }, distance: 'Dot' as const };
const bridge = () => buildSpec({ vectors: { '': { keep: '' }, mapped } });

/** Files that can be exchanged; the planned map puts a one behind each vector, the other a nine. */
function adapterFiles() {
  const files = { 'map.json': planned } as Record<string, typeof planned>;
  const lastOf = { [planned.sha256]: 1, [refitted.sha256]: 9 };
  const learnedMaps = createFakeAdapters(files, ({ sha256 }) => (rows) => {
    const last = lastOf[sha256] ?? Number.NaN;
    return Float32Array.from({ length: (rows.length / 2) * 3 }, (_, at) =>
      at % 3 === 2 ? last : (rows[Math.floor(at / 3) * 2 + (at % 3)] ?? 0),
    );
  });
  return { files, learnedMaps };
}

describe('a learned map that is another by now', () => {
  it.each<[string, string, (files: Record<string, typeof planned>) => void]>([
    ['fitted again under its name', 'adapter-changed', (files) => Object.assign(files, { 'map.json': refitted })],
    ['gone', 'invalid-adapter', (files) => delete files['map.json']],
  ])('%s: the copy stops by name, nothing is mapped by the other one, and the planned file lets it go on', async (_, code, exchange) => {
    const { files, learnedMaps } = adapterFiles();
    let ranges = 0;
    const projection: typeof learnedMaps.projection = async (...given) => {
      // The first range finds the planned file, those after it do not.
      if (++ranges === 2) exchange(files);
      return learnedMaps.projection(...given);
    };
    const on = await startFleet({ points: docs(12), learnedMaps: { ...learnedMaps, projection } });
    await on.submit(bridge());
    await on.settle();
    const stopped = await on.load();
    expect(stopped.phase).toBe('failed');
    expect(stopped.error).toEqual({ code, message: expect.stringMatching(/map\.json /) });
    const written = on.stores.pointsOf('docs_v2');
    expect(written.length).toBeGreaterThan(0);
    expect(written.length).toBeLessThan(12);
    files['map.json'] = planned;
    await command(on.deps, 'm1', 'resume');
    await on.settle();
    expect((await on.load()).phase).toBe('ready');
    expect(on.stores.pointsOf('docs_v2').map(({ vectors }) => vectors.mapped)).toEqual(Array(12).fill('[1,0,1]'));
  });

  it('is not taken for the planned one after Redis was lost', async () => {
    const { files, learnedMaps } = adapterFiles();
    const on = await startFleet({ points: docs(12), learnedMaps });
    await on.submit(bridge());
    await on.until('copying');
    files['map.json'] = refitted;
    on.loseRedis();
    await adoptTarget(on.deps, 'docs_v2');
    await on.settle();
    expect((await on.load()).error).toEqual({ code: 'adapter-changed', message: expect.stringMatching(/map\.json /) });
    expect(on.stores.pointsOf('docs_v2')).toEqual([]);
  });
});

describe('a bridge', () => {
  it('is left behind by embedding into a second field, and neither kind of vector comes into the other field', async () => {
    const on = await startFleet();
    await on.submit(buildSpec({ vectors: { '': { keep: '' }, mapped }, switch: { mode: 'auto' } }));
    await on.settle();
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await on.settle();
    expect((await on.load()).phase).toBe('completed');
    const embed = { embed: { model: 'fake/4', text: '{{body}}' } };
    const into = (vectors: Parameters<typeof buildSpec>[0]) =>
      buildSpec({
        source: { collection: 'docs_v2' },
        target: { collection: 'docs_v2', inPlace: true },
        gates: { sampledPoints: 0 },
        ...vectors,
      });
    await expect(on.submit(into({ vectors: { mapped: { ...embed, distance: 'Dot' } } }))).rejects.toMatchObject({
      code: 'plan-blocked',
      message: expect.stringContaining('holds vectors that a learned map made: embed into a vector of another name'),
    });
    const { migration } = await on.submit(into({ vectors: { true: embed } }));
    await on.settle();
    expect((await on.load(migration.id)).phase).toBe('ready');
    for (const { payload, vectors } of on.stores.pointsOf('docs_v2')) {
      const { body } = JSON.parse(payload) as { body: string };
      expect(vectors).toEqual({ '': '[1.0,0.0]', mapped: '[1,0,1]', true: JSON.stringify([...Float32Array.from(fakeVector(body))]) });
    }
    expect((await on.load(migration.id)).origins).toMatchObject({
      mapped: { projected: { adapter: 'map.json' } },
      true: { model: 'fake/4' },
    });
    expect((await on.load(migration.id)).origins.true).not.toHaveProperty('projected');
  });
});
