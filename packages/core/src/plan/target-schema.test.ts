import { type SpecInput, specSchema } from '@reembed/contracts';
import { createFakeStores } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { heldBackSettings, targetBody } from './target-schema.ts';

type Body = Readonly<Record<string, unknown>>;

async function bodyOf(source: Body, change: Partial<SpecInput> = {}, settings: Body = {}) {
  const { collections } = createFakeStores();
  await collections.create('a', source);
  const info = await collections.describe('a');
  if (info === null) throw new Error('not made');
  const spec = specSchema.parse({
    name: 'x',
    source: { collection: 'a' },
    target: { collection: 'b', settings },
    vectors: { '': { embed: { model: 'm/x', text: '{{t}}' } } },
    ...change,
  });
  const witness = Object.fromEntries(Object.keys(spec.vectors).map((name) => [name, { model: 'm/x', dimensions: 8, vectors: [] }]));
  const claim = { reembed: { id: 'm1', witness, resolved: { adapters: {} } }, 'reembed.phase': { number: 1 } };
  return { body: targetBody(spec, info, { witness, resolved: { adapters: {} } }, claim), heldBack: heldBackSettings(spec, info) };
}

const unnamed = { vectors: { size: 2, distance: 'Dot', on_disk: true } };

describe('targetBody', () => {
  it.each<[string, SpecInput['vectors'], unknown]>([
    ['one unnamed vector stands bare', { '': { embed: { model: 'm/x', text: '{{t}}' } } }, { size: 8, distance: 'Cosine', on_disk: true }],
    ['a kept one keeps its parameters', { '': { keep: '' } }, unnamed.vectors],
    [
      'a kept one under a new name, with settings of its own',
      { old: { keep: '', settings: { on_disk: false } } },
      { old: { size: 2, distance: 'Dot', on_disk: false } },
    ],
    [
      'unnamed and named side by side',
      { '': { keep: '' }, new: { embed: { model: 'm/x', text: '{{t}}' }, distance: 'Euclid', settings: { datatype: 'float16' } } },
      { '': unnamed.vectors, new: { size: 8, distance: 'Euclid', datatype: 'float16', on_disk: true } },
    ],
  ])('%s', async (_, vectors, expected) => {
    expect((await bodyOf(unnamed, { vectors })).body.vectors).toEqual(expected);
  });

  it('keeps sparse vectors with their parameters', async () => {
    const { body } = await bodyOf({ ...unnamed, sparse_vectors: { words: { modifier: 'idf' } } }, { vectors: { w: { keep: 'words' } } });
    expect([body.vectors, body.sparse_vectors]).toEqual([{}, { w: { modifier: 'idf' } }]);
  });

  it('takes over how the source is set up, and puts the wishes of the spec on top', async () => {
    const source = {
      ...unnamed,
      shard_number: 3,
      replication_factor: 2,
      sharding_method: null,
      hnsw_config: { m: 16, ef_construct: 100 },
      optimizers_config: { max_segment_size: 5, indexing_threshold: 20_000 },
      quantization_config: { scalar: { type: 'int8' } },
      wal_config: { wal_capacity_mb: 32 },
    };
    const { body, heldBack } = await bodyOf(
      source,
      {},
      { shard_number: 6, hnsw_config: { m: 32 }, optimizers_config: { max_segment_size: 9 } },
    );
    expect(body).toMatchObject({
      shard_number: 6,
      replication_factor: 2,
      hnsw_config: { m: 32, ef_construct: 100 },
      quantization_config: { scalar: { type: 'int8' } },
      wal_config: { wal_capacity_mb: 32 },
    });
    expect(body).not.toHaveProperty('sharding_method');
    expect(body.optimizers_config).toEqual({ max_segment_size: 9, indexing_threshold: 0 });
    expect(heldBack).toEqual({ indexingThreshold: 20_000, strictMode: null });
  });

  it('holds strict mode back, the one of the spec before the one of the source', async () => {
    const strict = { ...unnamed, strict_mode_config: { enabled: true } };
    const { body, heldBack } = await bodyOf(strict);
    expect(body).not.toHaveProperty('strict_mode_config');
    expect(heldBack.strictMode).toEqual({ enabled: true });
    expect((await bodyOf(strict, {}, { strict_mode_config: { enabled: false } })).heldBack.strictMode).toEqual({ enabled: false });
  });

  it('carries metadata of others along, and none of its own about the source', async () => {
    const metadata = { team: { name: 'x' }, reembed: { vectors: {} }, 'reembed.phase': {}, reembedding: 1 };
    const { body } = await bodyOf({ ...unnamed, metadata });
    expect(body.metadata).toEqual({
      team: { name: 'x' },
      reembedding: 1,
      reembed: expect.objectContaining({ id: 'm1', witness: expect.anything() }),
      'reembed.phase': { number: 1 },
      'reembed.decisions': { approvals: [], overrides: [] },
    });
  });

  it('lets no setting of the spec replace vectors or the claim', async () => {
    const { body } = await bodyOf(unnamed, {}, { metadata: { reembed: 'mine' }, vectors: {} });
    expect(body).toMatchObject({ vectors: { size: 8 }, metadata: { reembed: { id: 'm1' } } });
  });
});
