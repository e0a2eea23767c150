import { describe, expect, it } from 'vitest';
import { type CollectionResult, toCollectionInfo, toFieldSchema } from './collection-info.ts';

const result: CollectionResult = {
  status: 'green',
  points_count: 3,
  config: { params: { vectors: { size: 4, distance: 'Cosine' }, shard_number: 1 }, hnsw_config: { m: 16 }, optimizer_config: {} },
  payload_schema: {},
};

describe('toCollectionInfo', () => {
  it('gives a lone vector the name ""', () => {
    const info = toCollectionInfo('docs', result);
    expect(info).toMatchObject({ vectors: { '': { size: 4, distance: 'Cosine' } }, sparseVectors: {}, params: { shard_number: 1 } });
    expect(info).toMatchObject({ strictModeConfig: null, quantizationConfig: null, walConfig: null, metadata: {} });
  });

  it.each([
    [{ '': { size: 2, distance: 'Dot' }, size: { size: 3, distance: 'Dot' } }, ['', 'size']],
    [{}, []],
    [undefined, []],
  ])('takes vectors %j by name', (vectors, names) => {
    const info = toCollectionInfo('docs', { ...result, config: { ...result.config, params: { vectors, sparse_vectors: { s: {} } } } });
    expect(Object.keys(info.vectors)).toEqual(names);
    expect(info).toMatchObject({ sparseVectors: { s: {} }, params: {} });
  });

  it('keeps integers past 2^53 in metadata, as JSON writes them', () => {
    const metadata = { owner: { id: 9007199254740993n, name: 'team' } };
    const info = toCollectionInfo('docs', { ...result, config: { ...result.config, metadata } });
    expect(JSON.stringify(info.metadata)).toBe('{"owner":{"id":9007199254740993,"name":"team"}}');
  });
});

describe('toFieldSchema', () => {
  it.each([
    [{ data_type: 'keyword', points: 0 }, 'keyword'],
    [{ data_type: 'geo', params: null, points: 7 }, 'geo'],
    [{ data_type: 'bool', params: { type: 'bool', on_disk: null }, points: 7 }, { type: 'bool' }],
    [
      { data_type: 'integer', params: { type: 'integer', lookup: true, range: false, is_principal: null }, points: 0 },
      { type: 'integer', lookup: true, range: false },
    ],
    [
      { data_type: 'uuid', params: { type: 'uuid', is_tenant: true }, points: 0 },
      { type: 'uuid', is_tenant: true },
    ],
    [
      {
        data_type: 'text',
        params: { type: 'text', tokenizer: 'word', min_token_len: 2, lowercase: true, stopwords: { languages: ['german'] } },
      },
      { type: 'text', tokenizer: 'word', min_token_len: 2, lowercase: true, stopwords: { languages: ['german'] } },
    ],
  ])('turns %j into a field_schema', (index, schema) => {
    expect(toFieldSchema(index)).toEqual(schema);
  });
});
