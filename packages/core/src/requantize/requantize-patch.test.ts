import type { VectorStorage } from '@reembed/contracts';
import { createFakeStores } from '@reembed/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { requantizeCommands, requantizePatch, storageOf } from './requantize-patch.ts';

const names = ['', 'a', "it's b"];
const settings = [
  null,
  { scalar: { type: 'int8' } },
  { binary: { always_ram: true } },
  { product: { compression: 'x16', always_ram: false } },
];
const setting = fc.constantFrom(...settings);
const storage: fc.Arbitrary<VectorStorage> = fc.record({ quantization: setting, originals: fc.constantFrom('disk', 'memory') });
const params = fc.record({ quantization_config: setting, on_disk: fc.boolean() }).map(({ quantization_config: own, on_disk }) => ({
  ...{ size: 4, distance: 'Dot', on_disk },
  ...(own === null ? {} : { quantization_config: own }),
}));
const vectors = fc.tuple(params, params, params).map((three) => Object.fromEntries(three.map((given, n) => [names[n] ?? '', given])));
const wanted = fc
  .uniqueArray(fc.constantFrom(...names), { minLength: 1 })
  .chain((some) => fc.tuple(...some.map((name) => fc.tuple(fc.constant(name), storage))).map((pairs) => new Map(pairs)));

async function collectionOf(body: object) {
  const { collections } = createFakeStores();
  await collections.create('docs', { ...body });
  const look = async () => (await collections.describe('docs')) as CollectionInfo;
  return { collections, look };
}

describe('a patch', () => {
  it('stores the named vectors as wanted and leaves the others as they are, whatever is said by the collection and by vectors', async () => {
    await fc.assert(
      fc.asyncProperty(setting, vectors, wanted, async (own, given, change) => {
        const { collections, look } = await collectionOf({ vectors: given, ...(own === null ? {} : { quantization_config: own }) });
        const before = await look();
        await collections.patch('docs', requantizePatch(before, change));
        const after = await look();
        for (const name of names) expect(storageOf(after, name)).toEqual(change.get(name) ?? storageOf(before, name));
        expect(requantizePatch(after, change)).toEqual({});
      }),
    );
  });

  it('moves originals by memory where that says where they are', async () => {
    const { look } = await collectionOf({ vectors: { a: { size: 4, distance: 'Dot', memory: 'cold' } } });
    const change = new Map([['a', { quantization: null, originals: 'memory' as const }]]);
    expect(requantizePatch(await look(), change)).toEqual({ vectors: { a: { memory: 'cached' } } });
  });
});

describe('the command of a setting', () => {
  it.each<[string, VectorStorage['quantization'], string]>([
    ['none', null, '--to none'],
    ['int8', { scalar: { type: 'int8', quantile: 0.99, always_ram: true } }, '--to scalar --quantile 0.99 --always-ram'],
    ['product', { product: { compression: 'x16', always_ram: false } }, '--to product --compression x16 --no-always-ram'],
    [
      'binary',
      { binary: { encoding: 'two_bits', query_encoding: 'scalar8bits', memory: 'pinned' } },
      '--to binary --encoding two_bits --query-encoding scalar8bits --memory pinned',
    ],
    ['turbo', { turbo: { bits: 'bits2' } }, '--to turbo --bits bits2'],
  ])('says every parameter of %s', async (_name, quantization, options) => {
    const { look } = await collectionOf({ vectors: { size: 4, distance: 'Dot' } });
    const change = new Map([['', { quantization, originals: 'memory' as const }]]);
    expect(requantizeCommands(await look(), change)).toEqual([`reembed requantize docs ${options} --yes`]);
  });

  it('is one for vectors that are alike, and names vectors where others stay', async () => {
    const { look } = await collectionOf({ vectors: Object.fromEntries(names.map((name) => [name, { size: 4, distance: 'Dot' }])) });
    const int8 = { quantization: { scalar: { type: 'int8' } }, originals: 'memory' } as const;
    const change = new Map<string, VectorStorage>([
      ['', int8],
      ['a', { quantization: null, originals: 'disk' }],
      ["it's b", int8],
    ]);
    expect(requantizeCommands(await look(), change)).toEqual([
      "reembed requantize docs --vector '' --vector 'it'\\''s b' --to scalar --yes",
      'reembed requantize docs --vector a --to none --originals disk --yes',
    ]);
  });

  it('is a PATCH where this version does not know the setting', async () => {
    const { look } = await collectionOf({ vectors: { size: 4, distance: 'Dot' } });
    const change = new Map([['', { quantization: { newer: { k: 3 } }, originals: 'memory' as const }]]);
    expect(requantizeCommands(await look(), change)).toEqual([
      `curl -X PATCH "$QDRANT_URL/collections/docs" -H 'content-type: application/json' -d '{"quantization_config":{"newer":{"k":3}}}'`,
    ]);
  });
});
