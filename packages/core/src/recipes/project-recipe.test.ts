import { type AdapterHeader, type SpecInput, specSchema } from '@reembed/contracts';
import {
  buildAdapterHeader,
  createFakeAdapters,
  createFakeBm25,
  createFakeCatalogue,
  createFakeStores,
  createFakeTextSources,
} from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import type { PointText } from '../domain/point.ts';
import { makePlan } from '../plan/make-plan.ts';
import { applyRecipes } from './apply-recipes.ts';
import { sourceOrigins } from './plan-scene.ts';
import { targetVectors } from './target-vectors.ts';

const encode = (vector: Float32Array) => JSON.stringify([...vector]);
const point = (id: string, vectors: PointText['vectors']): PointText => ({ id: { kind: 'integer', id }, payload: '{"body":"x"}', vectors });

function contextFor(vector: object = {}) {
  const spec = specSchema.parse({
    ...{ name: 'x', source: { collection: 'a' }, target: { collection: 'b' } },
    vectors: { mapped: { project: { vector: 'old', adapter: 'map.json' }, ...vector } },
  });
  const asked: number[] = [];
  const doubled = (rows: Float32Array) => {
    asked.push(rows.length / 2);
    return rows.map((value) => value * 2);
  };
  return {
    ...{ spec, asked, embedding: {}, bm25: createFakeBm25(), encodeVector: encode, projections: { mapped: doubled } },
    resolved: { storedAs: { mapped: { distance: 'Cosine', datatype: 'float32' } }, avgLen: {} },
  };
}

describe('a mapped vector', () => {
  it('is made for a whole page in one product, and is missing where the source has none', async () => {
    const context = contextFor({ distance: 'Dot' });
    const { points, texts } = await applyRecipes(context, [point('1', { old: '[1,2]' }), point('2', {}), point('3', { old: '[3,4]' })]);
    expect(points.map(({ vectors }) => vectors)).toEqual([{ mapped: Float32Array.of(2, 4) }, {}, { mapped: Float32Array.of(6, 8) }]);
    expect(context.asked).toEqual([2]);
    expect(texts).toBe(0);
  });

  it('has length 1 under Cosine, as the server would make it', async () => {
    const { points } = await applyRecipes(contextFor(), [point('1', { old: '[3,4]' })]);
    expect(points[0]?.vectors.mapped).toEqual(Float32Array.of(0.6, 0.8));
  });

  it('that comes to nothing sets its point aside, with the reason', async () => {
    const { points, setAside } = await applyRecipes(contextFor(), [point('1', { old: '[0,0]' })]);
    expect(points).toEqual([]);
    expect(setAside).toMatchObject([{ vector: 'mapped', code: 'vector-zero', reason: expect.stringContaining('map.json') }]);
  });

  it.each<[string, PointText['vectors'], PointText['vectors'], string | null]>([
    ['the same within one step', { old: '[3,4]' }, { mapped: '[0.6,0.8000001]' }, null],
    ['of an earlier vector', { old: '[4,3]' }, { mapped: '[0.6,0.8]' }, 'vector-differs'],
    ['gone', { old: '[3,4]' }, {}, 'vector-missing'],
    ['there, and the source has none', {}, { mapped: '[0.6,0.8]' }, 'vector-differs'],
    ['gone on both sides', {}, {}, null],
  ])('is compared with what is stored: %s', async (_, source, target, kind) => {
    const context = contextFor();
    const [vector] = targetVectors(context.spec);
    expect(await vector?.check(context, [{ source: point('1', source), target: point('1', target) }])).toEqual([kind]);
  });
});

type Scene = {
  readonly header?: Partial<AdapterHeader>;
  readonly adapter?: string;
  readonly vector?: object;
  readonly declared?: string;
  readonly count?: number;
};

async function plan({ header = {}, adapter = 'map.json', vector = {}, declared, count }: Scene = {}) {
  const stores = createFakeStores();
  await stores.collections.create('a', {
    vectors: { old: { size: 2, distance: 'Cosine' }, rows: { size: 2, distance: 'Cosine', multivector_config: { comparator: 'max_sim' } } },
  });
  stores.put('a', [point('1', { old: '[1,0]' }), point('2', { old: '[0,1]' })]);
  const collections = count === undefined ? stores.collections : { ...stores.collections, count: async () => count };
  const input: SpecInput = {
    ...{ name: 'x', target: { collection: 'b' } },
    source: { collection: 'a', vectors: declared === undefined ? {} : { old: { model: declared, text: '{{body}}' } } },
    vectors: { mapped: { project: { vector: 'old', adapter, ...vector } } },
  };
  const learnedMaps = createFakeAdapters({ 'map.json': buildAdapterHeader(header) });
  return makePlan(
    { collections, points: stores.points, catalogue: createFakeCatalogue(), learnedMaps, textSources: createFakeTextSources() },
    specSchema.parse(input),
  );
}

describe('the plan of a map', () => {
  it('pins the file, says how well it retrieves, and prices the other road', async () => {
    const { plan: made, resolved } = await plan();
    expect(made.blockers).toEqual([]);
    expect(resolved?.adapters.mapped).toMatchObject({ sha256: 'a'.repeat(64), to: { dimensions: 3 } });
    const said = made.reminders.join('\n');
    expect(said).toMatch(/on 20 pairs that were kept out of the fit, 42 % of the ten nearest/);
    expect(said).toMatch(/learnt from "docs_v1"/);
    expect(said).toMatch(/embedding them all with fake\/4 is about 2 tokens/);
    expect(made.queryChange[0]).toMatch(
      /Embed queries with fake\/4 .* as they are: .* Only a query of the old model goes through the same map/,
    );
  });

  it('says how the old model goes on asking, where the spec wants that', async () => {
    const { plan: made } = await plan({ vector: { queries: 'old' }, declared: 'fake/2' });
    expect(made.queryChange[0]).toMatch(
      /Embed queries with fake\/2 as before, bring them through the same map .*reads map\.json\), and search "b" with `using: "mapped"`/,
    );
  });

  it.each<[string, Scene, RegExp]>([
    ['a file that is not there', { adapter: 'none.json' }, /none.json does not exist/],
    [
      'a map of another size',
      { header: { from: { model: null, dimensions: 5, text: null } } },
      /maps vectors of 5 dimensions, and "old" has 2/,
    ],
    [
      'a map of another model',
      { header: { from: { model: 'fake/2', dimensions: 2, text: null } }, declared: 'fake/4' },
      /maps vectors of fake\/2/,
    ],
    ['an unknown vector', { vector: { vector: 'none' } }, /no such dense vector/],
    ['a multivector', { vector: { vector: 'rows' } }, /is a multivector/],
  ])('stops at %s', async (_, scene, message) => {
    const { plan: made, resolved } = await plan(scene);
    expect(made.blockers.map((blocker) => blocker.message).join('\n')).toMatch(message);
    expect(resolved).toBeNull();
  });

  it('past a hundred million points prices both roads', async () => {
    const { plan: made } = await plan({ count: 200_000_000 });
    expect(made.reminders.join('\n')).toMatch(
      /mapping 200000000 points calls no model; embedding them all with fake\/4 is about 200000000 tokens/,
    );
  });
});

describe('mapped and true vectors in place', () => {
  const mappedBy = (sha256: string) => ({
    model: 'fake/4',
    dimensions: 3,
    text: '{{body}}',
    projected: { from: null, fromDimensions: 2, adapter: 'map.json', sha256, queries: 'new' },
  });

  async function inPlace(recipe: object, origin: object | null) {
    const stores = createFakeStores();
    const vectors = { old: { size: 2, distance: 'Cosine' }, mapped: { size: 3, distance: 'Cosine' } };
    const metadata = origin === null ? {} : { reembed: { vectors: { mapped: origin } } };
    await stores.collections.create('a', { vectors, metadata });
    stores.put('a', [point('1', { old: '[1,0]' })]);
    const spec = specSchema.parse({
      ...{ name: 'x', source: { collection: 'a' }, target: { collection: 'a', inPlace: true } },
      vectors: { mapped: recipe },
    });
    const learnedMaps = createFakeAdapters({ 'map.json': buildAdapterHeader() });
    const { plan: made } = await makePlan(
      { ...stores, catalogue: createFakeCatalogue(), learnedMaps, textSources: createFakeTextSources() },
      spec,
    );
    return made.blockers.map(({ message }) => message).join('\n');
  }

  const project = { project: { vector: 'old', adapter: 'map.json' } };

  it.each<[string, object | null]>([
    ['nobody knows what made', null],
    ['a model made', { model: 'fake/4', dimensions: 3, text: '{{body}}' }],
    ['another map made', mappedBy('b'.repeat(64))],
  ])('a map fills no vector that %s', async (_, origin) => {
    expect(await inPlace(project, origin)).toContain('mapped and other vectors never share a field');
  });

  it('a map goes on with what it began', async () => {
    expect(await inPlace(project, mappedBy('a'.repeat(64)))).not.toContain('never share a field');
  });

  it('a model fills no vector that a map made', async () => {
    const embed = { embed: { model: 'fake/4', text: '{{body}}' } };
    expect(await inPlace(embed, mappedBy('a'.repeat(64)))).toContain('holds vectors that a learned map made');
  });

  it('what the spec says of a mapped vector does not make it a true one', async () => {
    const stores = createFakeStores();
    const metadata = { reembed: { vectors: { mapped: mappedBy('a'.repeat(64)) } } };
    await stores.collections.create('a', { vectors: { mapped: { size: 3, distance: 'Cosine' } }, metadata });
    const source = await stores.collections.describe('a');
    if (source === null) throw new Error('no collection');
    const spec = specSchema.parse({
      ...{ name: 'x', source: { collection: 'a', vectors: { mapped: { model: 'fake/4', text: '{{body}}' } } } },
      ...{ target: { collection: 'b' }, vectors: { mapped: { keep: 'mapped' } } },
    });
    expect(sourceOrigins(spec, source).mapped).toEqual(mappedBy('a'.repeat(64)));
  });
});
