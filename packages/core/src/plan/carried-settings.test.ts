import { type SpecInput, specSchema } from '@reembed/contracts';
import { createFakeStores } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { targetVectors } from '../recipes/target-vectors.ts';
import { settingsPlan, vectorSchema } from './carried-settings.ts';

const embed = { embed: { model: 'm/x', text: '{{t}}' } };
const hnsw = { m: 32, ef_construct: 200 };
const scalar = { scalar: { type: 'int8', always_ram: true } };
const rich = { on_disk: true, hnsw_config: hnsw, quantization_config: scalar };
const dense = (params: object = {}) => ({ size: 4, distance: 'Dot', ...params });

async function described(vectors: object, sparse: object = {}): Promise<CollectionInfo> {
  const { collections } = createFakeStores();
  await collections.create('a', { vectors, sparse_vectors: sparse });
  return (await collections.describe('a')) ?? expect.fail('not made');
}

/** The parameters of every vector that is made, and what the plan says of them. */
async function made(
  vectors: SpecInput['vectors'],
  source: object,
  { sparse = {}, spec: change = {} }: { sparse?: object; spec?: Partial<SpecInput> } = {},
) {
  const info = await described(source, sparse);
  const spec = specSchema.parse({ name: 'x', source: { collection: 'a' }, target: { collection: 'b' }, vectors, ...change });
  const witness = Object.fromEntries(Object.keys(vectors).map((name) => [name, { model: 'm/x', dimensions: 8, vectors: [] }]));
  const schemas = targetVectors(spec).map((vector) => [vector.name, vectorSchema(vector, spec, info, witness, {})?.params]);
  return { params: Object.fromEntries(schemas), said: settingsPlan(spec, info) };
}

describe('a vector that is made anew', () => {
  it('is kept where the one of its name is, with its graph and its quantization, and the plan says so', async () => {
    const { params, said } = await made({ '': embed }, dense(rich));
    expect(params).toEqual({ '': { size: 8, distance: 'Cosine', ...rich } });
    expect(said).toEqual([{ vector: '', from: '', carried: rich, left: {} }]);
  });

  it('takes that of the only vector there is, beside which it comes to stand', async () => {
    const { params } = await made({ old: { keep: '' }, new: embed }, dense({ on_disk: true }));
    expect(params).toMatchObject({ old: { on_disk: true }, new: { size: 8, on_disk: true } });
  });

  it('takes that of the one that is asked today, of several, and of none where nobody says', async () => {
    const two = { a: dense({ on_disk: true }), b: dense() };
    expect((await made({ new: embed }, two, { spec: { search: { old: { using: 'a' } } } })).params).toMatchObject({
      new: { on_disk: true },
    });
    expect(await made({ new: embed }, two)).toEqual({ params: { new: { size: 8, distance: 'Cosine' } }, said: [] });
  });

  it('goes by the words of the spec first, whichever of two names of one setting they use', async () => {
    const named = (settings: object) => made({ '': { ...embed, settings: { ...settings } } }, dense(rich));
    expect((await named({ on_disk: false, hnsw_config: { m: 8 } })).params).toEqual({
      '': { size: 8, distance: 'Cosine', on_disk: false, hnsw_config: { m: 8 }, quantization_config: scalar },
    });
    const { params, said } = await named({ memory: 'hot' });
    expect(params).toEqual({ '': { size: 8, distance: 'Cosine', memory: 'hot', hnsw_config: hnsw, quantization_config: scalar } });
    expect(said[0]?.carried).not.toHaveProperty('on_disk');
  });

  it('leaves datatype and rows behind, and the plan says so, unless the spec names them', async () => {
    const source = dense({ datatype: 'float16', multivector_config: { comparator: 'max_sim' } });
    const { params, said } = await made({ '': embed }, source);
    expect(params).toEqual({ '': { size: 8, distance: 'Cosine' } });
    expect(said).toMatchObject([{ left: { datatype: 'float16', multivector_config: { comparator: 'max_sim' } } }]);
    const asked = { datatype: 'float16', multivector_config: { comparator: 'max_sim' } };
    expect((await made({ '': { ...embed, settings: asked } }, source)).said).toEqual([]);
  });

  it('of words takes the index of the words in whose place it stands, and nothing of a dense vector', async () => {
    const index = { on_disk: true };
    const words = { bm25: { text: '{{t}}' } };
    const there = await made({ '': { keep: '' }, words }, dense(rich), { sparse: { words: { index } } });
    expect(there.params.words).toEqual({ modifier: 'idf', index });
    expect(there.said).toEqual([{ vector: 'words', from: 'words', carried: { index }, left: {} }]);
    expect((await made({ '': { keep: '' }, words }, dense(rich))).params.words).toEqual({ modifier: 'idf' });
  });

  it('is added in place as in a new collection, and the same once it is there', async () => {
    const spec = { target: { collection: 'a', inPlace: true } };
    const first = await made({ new: embed }, { '': dense(rich) }, { spec });
    expect(first.said).toMatchObject([{ vector: 'new', from: '', carried: rich }]);
    const again = await made({ new: embed }, { '': dense(rich), new: first.params.new }, { spec });
    expect(again).toEqual({ params: first.params, said: [] });
  });
});
