import { type SpecInput, specSchema } from '@reembed/contracts';
import { createFakeAdapters, createFakeCatalogue, createFakeEmbedder, createFakeStores, createFakeTextSources } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { makePlan } from './make-plan.ts';

type Stores = ReturnType<typeof createFakeStores>;
type Scene = {
  readonly spec?: Partial<SpecInput>;
  readonly source?: Readonly<Record<string, unknown>>;
  readonly before?: (stores: Stores) => Promise<unknown>;
};

const declared = { '': { model: 'old/4', text: '{{title}}: {{body}}' } };
const target = { collection: 'docs_v2', alias: 'docs' };

async function planned({ spec = {}, source = {}, before }: Scene = {}) {
  const stores = createFakeStores();
  await stores.collections.create('docs_v1', { vectors: { size: 4, distance: 'Cosine' }, ...source });
  stores.put('docs_v1', [{ id: { kind: 'integer', id: '1' }, payload: '{"body":"hello world","title":"x"}', vectors: {} }]);
  await stores.collections.pointAlias('docs', 'docs_v1');
  await before?.(stores);
  const wanted = {
    ...{ name: 'docs', source: { collection: 'docs_v1', vectors: declared }, target, observe: { reverseSync: true } },
    vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } },
    ...spec,
  };
  const deps = {
    ...{ collections: stores.collections, points: stores.points },
    catalogue: createFakeCatalogue([createFakeEmbedder(), createFakeEmbedder({ model: 'old/4' })]),
    ...{ learnedMaps: createFakeAdapters(), textSources: createFakeTextSources() },
  };
  const { plan, resolved } = await makePlan(deps, specSchema.parse(wanted));
  return { blockers: plan.blockers, reverse: resolved?.reverse ?? null };
}

describe('a plan with reverse sync', () => {
  it('has the old model make the old vectors, lenient with texts, and keeps how they are stored', async () => {
    expect(await planned()).toMatchObject({
      blockers: [],
      reverse: {
        vectors: {
          '': { embed: { model: 'old/4', text: '{{title}}: {{body}}', onMissingText: 'keep-without-vector', onLongText: 'truncate' } },
        },
        payload: { include: [], exclude: [], rename: {} },
        storedAs: { '': { distance: 'Cosine', datatype: 'float32' } },
      },
    });
  });

  it('reads templates by the names that fields have in the target, braces and all', async () => {
    const renamed = { ...target, payload: { rename: { title: '"a title"' } } };
    const text = "{{'{'}}{{title}}{{'}'}} {{body}}";
    const { reverse } = await planned({
      spec: { target: renamed, source: { collection: 'docs_v1', vectors: { '': { model: 'old/4', text } } } },
    });
    expect(reverse?.vectors['']?.embed?.text).toBe("{{'{'}}{{\"a title\"}}{{'}'}} {{body}}");
    expect(reverse?.payload.rename).toEqual({ '"a title"': 'title' });
  });

  it('leaves the hash of texts out of the old payloads', async () => {
    expect((await planned({ spec: { sync: { hashField: 'hash' } } })).reverse?.payload.exclude).toEqual(['hash']);
  });

  it('copies a vector back that the target keeps with all its numbers, under whatever name', async () => {
    const kept = { old: { keep: '' }, new: { embed: { model: 'fake/4', text: '{{body}}' } } };
    const { blockers, reverse } = await planned({ spec: { source: { collection: 'docs_v1' }, vectors: kept } });
    expect({ blockers, vectors: reverse?.vectors }).toMatchObject({ blockers: [], vectors: { '': { keep: 'old' } } });
  });

  it('makes it anew where the target keeps fewer of its numbers', async () => {
    const kept = { old: { keep: '', settings: { datatype: 'float16' } }, new: { embed: { model: 'fake/4', text: '{{body}}' } } };
    expect((await planned({ spec: { vectors: kept } })).reverse?.vectors).toMatchObject({ '': { embed: { model: 'old/4' } } });
  });

  it('makes BM25, and what Qdrant has made, as the metadata of the source says', async () => {
    const bm25 = { language: 'english', stemmer: false, stopWords: null, k: 1.2, b: 0.75, avgLen: 7 };
    const vectors = {
      words: { model: 'qdrant/bm25', dimensions: 0, text: '{{body}}', bm25 },
      learned: { model: 'prithvida/splade', dimensions: 0, text: '{{body}}', via: 'qdrant', options: { a: 1 } },
      rows: { model: 'colbert', dimensions: 8, text: '{{body}}', via: 'qdrant' },
    };
    const { blockers, reverse } = await planned({
      source: {
        vectors: {
          '': { size: 4, distance: 'Cosine' },
          rows: { size: 8, distance: 'Cosine', multivector_config: { comparator: 'max_sim' } },
        },
        ...{ sparse_vectors: { words: {}, learned: {} }, metadata: { reembed: { vectors } } },
      },
    });
    expect(blockers).toEqual([]);
    expect(reverse?.vectors).toMatchObject({
      words: { bm25: { ...bm25, text: '{{body}}', encoder: 'local' } },
      learned: { sparse: { model: 'prithvida/splade', options: { a: 1 }, onMissingText: 'keep-without-vector' } },
      rows: { multivector: { model: 'colbert', dimensions: 8 } },
    });
  });

  it('plans nothing of it where it is not asked for, whatever would stand in its way', async () => {
    expect(await planned({ spec: { observe: {}, source: { collection: 'docs_v1' } } })).toEqual({ blockers: [], reverse: null });
  });

  it.each<[string, Scene, string, string]>([
    [
      'the mapping drops fields',
      { spec: { target: { ...target, payload: { exclude: ['title'] } } } },
      'target.payload',
      'drops fields, so points could not be brought back whole',
    ],
    ['the mapping keeps some alone', { spec: { target: { ...target, payload: { include: ['body'] } } } }, 'target.payload', 'drops fields'],
    [
      'the old model is not declared',
      { spec: { source: { collection: 'docs_v1' } } },
      'source.vectors.""',
      'nothing says what made it: declare its model and text',
    ],
    [
      'nobody knows the old model',
      { spec: { source: { collection: 'docs_v1', vectors: { '': { model: 'gone/9', text: '{{body}}' } } } } },
      'source.vectors.""',
      'is not a known model',
    ],
    [
      'the old model gives another size',
      { source: { vectors: { size: 3, distance: 'Cosine' } } },
      'source.vectors.""',
      'cannot give this size',
    ],
    [
      'a learned map made the old vectors',
      {
        source: {
          metadata: {
            reembed: {
              vectors: {
                '': {
                  model: 'old/4',
                  dimensions: 4,
                  text: '{{body}}',
                  projected: { from: null, fromDimensions: 4, adapter: 'a.json', sha256: 'x', queries: 'new' },
                },
              },
            },
          },
        },
      },
      'source.vectors.""',
      'a learned map made it',
    ],
    [
      'the old vectors were cut',
      {
        spec: { source: { collection: 'docs_v1' } },
        source: { metadata: { reembed: { vectors: { '': { model: 'old/4', dimensions: 4, text: '{{body}}', cutFrom: 8 } } } } },
      },
      'source.vectors.""',
      'it was cut from 8 dimensions',
    ],
    [
      'a sparse vector is of unknown making',
      { source: { sparse_vectors: { words: {} } } },
      'source.vectors."words"',
      'nothing says what made the sparse vector "words"',
    ],
    [
      'some points stay behind',
      { spec: { source: { collection: 'docs_v1', vectors: declared, filter: { must: [] } } } },
      'observe.reverseSync',
      'goes with all points alone',
    ],
    [
      'texts are elsewhere',
      { spec: { source: { collection: 'docs_v1', vectors: declared, textFrom: { url: 'http://texts.example/by-id' } } } },
      'observe.reverseSync',
      'goes with texts in payloads alone',
    ],
    ['there is no alias', { spec: { target: { collection: 'docs_v2' } } }, 'observe.reverseSync', 'wants target.alias'],
    [
      'the alias is yet to be made',
      { spec: { target: { collection: 'docs_v2', alias: 'documents' } } },
      'observe.reverseSync',
      'wants the alias "documents" to point at "docs_v1" already',
    ],
    [
      'others read the old collection too',
      { before: (stores) => stores.collections.pointAlias('others', 'docs_v1') },
      'observe.reverseSync',
      'is in use through "others" too',
    ],
    [
      'it is in place',
      { spec: { target: { collection: 'docs_v1', inPlace: true }, vectors: { new: { embed: { model: 'fake/4', text: '{{body}}' } } } } },
      'observe.reverseSync',
      'there is no old collection to keep fresh',
    ],
    [
      'it would not fit into metadata',
      { spec: { source: { collection: 'docs_v1', vectors: { '': { model: 'old/4', text: `${'x'.repeat(4_000)}{{body}}` } } } } },
      'observe.reverseSync',
      'bytes in the metadata of the target',
    ],
  ])('is refused with the reason where %s', async (_when, scene, field, message) => {
    const { blockers, reverse } = await planned(scene);
    expect(blockers).toContainEqual(expect.objectContaining({ field, message: expect.stringContaining(message) }));
    expect(reverse).toBeNull();
  });
});
