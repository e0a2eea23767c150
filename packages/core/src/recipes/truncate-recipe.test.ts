import { type SpecInput, specSchema } from '@reembed/contracts';
import {
  createFakeAdapters,
  createFakeBm25,
  createFakeCatalogue,
  createFakeEmbedder,
  createFakeStores,
  createFakeTextSources,
} from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import type { PointText } from '../domain/point.ts';
import { makePlan } from '../plan/make-plan.ts';
import { applyRecipes } from './apply-recipes.ts';
import { targetVectors } from './target-vectors.ts';

const encode = (vector: Float32Array) => JSON.stringify([...vector]);
const float32 = { distance: 'Cosine', datatype: 'float32' };

function point(vectors: PointText['vectors'], payload = '{}'): PointText {
  return { id: { kind: 'integer', id: '1' }, payload, vectors };
}

function contextFor(storedAs = float32, vectors: SpecInput['vectors'] = { small: { truncate: { vector: 'whole', dimensions: 2 } } }) {
  const spec = specSchema.parse({ name: 'x', source: { collection: 'a' }, target: { collection: 'b' }, vectors });
  return { spec, resolved: { storedAs: { small: storedAs }, avgLen: {} }, bm25: createFakeBm25(), embedding: {}, encodeVector: encode };
}

const sixEight = encode(Float32Array.of(0.6, 0.8));

describe('a cut vector', () => {
  it('is the first values renormalised, and costs nothing', async () => {
    const mapped = await applyRecipes(contextFor(), [point({ whole: '[3.0,4.0,12.0]' })]);
    expect(mapped).toMatchObject({ points: [{ vectors: { small: Float32Array.of(0.6, 0.8) } }], setAside: [], texts: 0, tokens: 0 });
  });

  it('of a multivector has every row cut', async () => {
    const { points } = await applyRecipes(contextFor(), [point({ whole: '[[3.0,4.0,1.0],[0.0,2.0,1.0]]' })]);
    expect(points[0]?.vectors.small).toBe(`[${sixEight},[0,1]]`);
  });

  it('is missing where the source has none', async () => {
    const { points, setAside } = await applyRecipes(contextFor(), [point({})]);
    expect([points[0]?.vectors, setAside]).toEqual([{}, []]);
  });

  it('that would be all zeros sets its point aside, with the reason', async () => {
    const { points, setAside } = await applyRecipes(contextFor(), [point({ whole: '[0.0,0.0,1.0]' })]);
    expect(points).toEqual([]);
    expect(setAside).toMatchObject([{ vector: 'small', code: 'vector-zero', reason: expect.stringContaining('first 2 values') }]);
  });

  it.each<[string, typeof float32, PointText['vectors'], PointText['vectors'], string | null]>([
    ['the same within one step of f32', float32, { whole: '[3.0,4.0,12.0]' }, { small: '[0.6,0.8000001]' }, null],
    ['two steps away', float32, { whole: '[3.0,4.0,12.0]' }, { small: '[0.6,0.80000025]' }, 'vector-differs'],
    ['the same in float16', { ...float32, datatype: 'float16' }, { whole: '[3.0,4.0,12.0]' }, { small: '[0.60009766,0.7998047]' }, null],
    ['the cut of an earlier vector', float32, { whole: '[4.0,3.0,12.0]' }, { small: '[0.6,0.8]' }, 'vector-differs'],
    ['not cut', float32, { whole: '[0.6,0.8,0.0]' }, { small: '[0.6,0.8,0.0]' }, 'vector-differs'],
    ['gone', float32, { whole: '[3.0,4.0,12.0]' }, {}, 'vector-missing'],
    ['there, and the source has none', float32, {}, { small: '[0.6,0.8]' }, 'vector-differs'],
    ['gone on both sides', float32, {}, {}, null],
  ])('is compared with what is stored: %s', async (_, as, source, target, kind) => {
    const context = contextFor(as);
    const [vector] = targetVectors(context.spec);
    expect(await vector?.check(context, [{ source: point(source), target: point(target) }])).toEqual([kind]);
  });
});

type Scene = {
  readonly choices?: 'any' | readonly number[];
  readonly declared?: string | null;
  readonly truncate?: object;
  readonly vector?: object;
  readonly params?: object;
};

async function plan({ choices = [2], declared = 'fake/4', truncate = {}, vector = {}, params = {} }: Scene = {}) {
  const stores = createFakeStores();
  await stores.collections.create('a', { vectors: { whole: { size: 4, distance: 'Cosine', ...params } }, sparse_vectors: { words: {} } });
  const random = (n: number) => ((Math.imul(n, 2_654_435_761) >>> 8) % 1_000) / 1_000 - 0.5;
  const rows = Array.from({ length: 60 }, (_, n) => [1, 2, 3, 4].map((at) => random(n * 4 + at)));
  stores.put(
    'a',
    rows.map((row, n) => ({ id: { kind: 'integer', id: String(n + 1) }, payload: '{"t":"x"}', vectors: { whole: JSON.stringify(row) } })),
  );
  const catalogue = createFakeCatalogue([createFakeEmbedder()], { dimensionChoices: choices });
  const spec = specSchema.parse({
    name: 'x',
    source: { collection: 'a', vectors: declared === null ? {} : { whole: { model: declared, text: '{{t}}' } } },
    target: { collection: 'b' },
    vectors: { small: { truncate: { vector: 'whole', dimensions: 2, ...truncate }, ...vector } },
  });
  return makePlan({ ...stores, learnedMaps: createFakeAdapters(), catalogue, textSources: createFakeTextSources() }, spec);
}

describe('the plan of a cut', () => {
  it('allows a size the model is made to be cut to, and says what it loses', async () => {
    const { plan: made, resolved } = await plan();
    expect(made.blockers).toEqual([]);
    const [cut] = made.truncations;
    expect(cut).toMatchObject({ vector: 'small', from: 'whole', dimensions: 2, sampledVectors: 60 });
    expect(cut?.overlapAt10).toBeGreaterThan(0.2);
    expect(cut?.overlapAt10).toBeLessThan(0.95);
    expect(resolved?.storedAs).toEqual({ small: float32 });
    expect(made.queryChange[0]).toMatch(/\(fake\/4\), ask for 2 dimensions or cut them .* `using: "small"`/);
  });

  it('measures that a smaller cut loses more', async () => {
    const { plan: made } = await plan({ truncate: { dimensions: 3 }, choices: 'any' });
    const larger = made.truncations[0]?.overlapAt10 ?? 0;
    const { plan: smaller } = await plan({ truncate: { dimensions: 1 }, choices: 'any' });
    expect(larger).toBeGreaterThan(smaller.truncations[0]?.overlapAt10 ?? 1);
  });

  it.each<[string, Scene, { field: string; says: RegExp }]>([
    [
      'a model that is not known to be a Matryoshka one',
      { choices: [] },
      { field: 'dimensions', says: /fake\/4 is not known to be a Matryoshka model.*force: true/ },
    ],
    [
      'a size the model was not made for, forced or not',
      { choices: [3], truncate: { force: true } },
      { field: 'dimensions', says: /it gives 4, 3/ },
    ],
    ['an unknown origin', { declared: null }, { field: 'dimensions', says: /say it in source\.vectors/ }],
    ['an unknown model', { declared: 'no/model' }, { field: 'dimensions', says: /nothing is known of no\/model.*dimensionChoices/ }],
    [
      'as many dimensions as there are',
      { truncate: { dimensions: 4, force: true }, choices: [] },
      { field: 'dimensions', says: /has 4 dimensions: cut it to fewer/ },
    ],
    ['no such vector', { truncate: { vector: 'nope' } }, { field: 'vector', says: /no such dense vector; it has: whole/ }],
    ['a sparse vector', { truncate: { vector: 'words' } }, { field: 'vector', says: /sparse vector.*keep it/ }],
    ['whole numbers', { vector: { settings: { datatype: 'uint8' } } }, { field: 'vector', says: /uint8.*all zeros/ }],
  ])('is blocked by %s', async (_, scene, { field, says }) => {
    const { plan: made, resolved } = await plan(scene);
    expect(made.blockers).toEqual([
      { field: `vectors."small".truncate.${field}`, value: expect.anything(), message: expect.stringMatching(says) },
    ]);
    expect([resolved, made.truncations]).toEqual([null, []]);
  });

  it('lets a forced cut through, with its loss', async () => {
    const { plan: made } = await plan({ choices: [], truncate: { force: true } });
    expect(made.blockers).toEqual([]);
    expect(made.truncations[0]?.overlapAt10).toBeGreaterThan(0);
  });

  it.each([
    ['Dot', /its scores are cosines/],
    ['Euclid', /thresholds have to be set anew/],
    ['Manhattan', /thresholds have to be set anew/],
  ])('says what %s means for the scores', async (distance, says) => {
    expect((await plan({ vector: { distance } })).plan.reminders).toContainEqual(expect.stringMatching(says));
  });
});
