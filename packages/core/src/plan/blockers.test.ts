import { type SpecInput, specSchema } from '@reembed/contracts';
import { createFakeAdapters, createFakeCatalogue, createFakeEmbedder, createFakeStores, createFakeTextSources } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import type { ModelFacts } from '../ports/embedder.ts';
import { makePlan } from './make-plan.ts';

type Scene = {
  readonly spec?: (spec: SpecInput) => SpecInput;
  readonly facts?: Partial<ModelFacts>;
  readonly version?: string;
  readonly readOnly?: boolean;
  /** Every name is a model, as behind an address of one's own. */
  readonly anyModel?: boolean;
  readonly source?: Readonly<Record<string, unknown>>;
  readonly before?: (stores: ReturnType<typeof createFakeStores>) => Promise<unknown>;
};

const plain: SpecInput = {
  name: 'docs',
  source: { collection: 'docs_v1' },
  target: { collection: 'docs_v2', alias: 'docs' },
  vectors: { '': { keep: '' }, new: { embed: { model: 'fake/4', text: '{{body}}' } } },
};
const withTarget = (target: SpecInput['target']) => (spec: SpecInput) => ({ ...spec, target });
const withEmbed =
  (change: object) =>
  (spec: SpecInput): SpecInput => ({
    ...spec,
    vectors: { new: { embed: { model: 'fake/4', text: '{{body}}', ...change } } },
  });

async function plan({
  spec = (same) => same,
  facts,
  version = '1.19.0',
  readOnly = false,
  anyModel = false,
  source = {},
  before,
}: Scene = {}) {
  const stores = createFakeStores({ version, readOnly });
  const vectors = { '': { size: 2, distance: 'Dot' }, title: { size: 3, distance: 'Cosine' } };
  await stores.collections.create('docs_v1', { vectors, sparse_vectors: { words: {} }, ...source });
  stores.put('docs_v1', [{ id: { kind: 'integer', id: '1' }, payload: '{"body":"hello world","title":"x"}', vectors: {} }]);
  await stores.collections.pointAlias('docs', 'docs_v1');
  await before?.(stores);
  const acts = stores.acts.length;
  const known = createFakeCatalogue([createFakeEmbedder()], facts);
  const catalogue = anyModel ? { ...known, facts: () => known.facts('fake/4') } : known;
  const result = await makePlan(
    {
      collections: stores.collections,
      points: stores.points,
      catalogue,
      learnedMaps: createFakeAdapters(),
      textSources: createFakeTextSources(),
    },
    specSchema.parse(spec(plain)),
  );
  expect(stores.acts).toHaveLength(acts);
  return result;
}

describe('a plan', () => {
  it('finds nothing in the way of a good spec, and says what it resolved', async () => {
    const { plan: found, resolved } = await plan();
    expect(found.blockers).toEqual([]);
    expect(resolved).toEqual({
      source: 'docs_v1',
      aliasBefore: 'docs_v1',
      serverVersion: '1.19.0',
      sourceVectors: { '': 2, title: 3, words: null },
      sameSpace: [],
      changedKind: null,
      heldBack: { indexingThreshold: null, strictMode: null },
      addedVectors: [],
      storedAs: { '': { distance: 'Dot', datatype: 'float32' }, new: { distance: 'Cosine', datatype: 'float32' } },
      avgLen: {},
      earlier: null,
      adapters: {},
      textFile: null,
      reverse: null,
    });
    expect(found).toMatchObject({
      source: { collection: 'docs_v1', alias: null, points: 1 },
      target: { collection: 'docs_v2', exists: false },
      alias: { name: 'docs', pointsAt: 'docs_v1' },
      embeds: [{ vector: 'new', model: 'fake/4', sampledTexts: 1, totalTokens: 2, priceUsd: 0.000004, overLimit: 0 }],
      keeps: [{ vector: '', from: '' }],
    });
    expect(found.queryChange.join(' ')).toContain('Embed queries with fake/4');
  });

  it('shows three of the texts as they are embedded, the beginnings of long ones', async () => {
    const put = async (stores: ReturnType<typeof createFakeStores>) =>
      stores.put(
        'docs_v1',
        ['2', '3', '4', '5'].map((id) => ({
          id: { kind: 'integer', id },
          payload: JSON.stringify({ body: id === '2' ? 'x'.repeat(1000) : `body ${id}` }),
          vectors: {},
        })),
      );
    const { plan: found } = await plan({ before: put, spec: withEmbed({ text: 'about {{body}}' }) });
    expect(found.texts).toMatchObject([{ vector: 'new', template: 'about {{body}}' }]);
    expect(found.texts[0]?.examples).toHaveLength(3);
    for (const text of found.texts[0]?.examples ?? []) expect(text).toMatch(/^about (hello world|body \d|x{294}…)$/);
  });

  it('says so where a template gives one text for all points', async () => {
    const same = Array.from({ length: 12 }, (_, at) => ({
      id: { kind: 'integer' as const, id: String(at + 1) },
      payload: '{"body":"hello world"}',
      vectors: {},
    }));
    const { plan: found } = await plan({ before: async (stores) => stores.put('docs_v1', same) });
    expect(found.reminders.join()).toContain('All 12 sampled texts for "new" are the same one');
  });

  it.each<[string, string, RegExp]>([
    [
      '{{meta.titel}}',
      '{"meta":{"title":"x","author":{"name":"y"}}}',
      /"meta.titel" has a value in none of 1 sampled points; "meta" has: meta.title, meta.author$/,
    ],
    ['{{meta.author.nme}}', '{"meta":{"author":{"name":"y"}}}', /; "meta.author" has: meta.author.name$/],
    ['{{meta.autor.name}}', '{"meta":{"author":{"name":"y"}}}', /; "meta" has: meta.author$/],
    ['{{crumbs.name}}', '{"crumbs":[{"name":"Home"}]}', /; "crumbs" has: crumbs\[\].name$/],
    ['{{_node.txt}}', '{"_node":"{\\"text\\":\\"x\\"}"}', /; "_node" has: _node.text$/],
    ['{{Produkt Name}}', '{"Product Name":"x"}', /; they have: "Product Name"$/],
  ])('lists what stands beside a field that is not there: %s', async (text, payload, says) => {
    const put = async (stores: ReturnType<typeof createFakeStores>) =>
      stores.put('docs_v1', [{ id: { kind: 'integer', id: '1' }, payload, vectors: {} }]);
    const { plan: found } = await plan({ before: put, spec: withEmbed({ text }) });
    expect(found.blockers).toMatchObject([{ field: 'vectors."new".embed.text', value: text, message: expect.stringMatching(says) }]);
  });

  it('resolves an alias given as the source, once', async () => {
    const { plan: found, resolved } = await plan({ spec: (spec) => ({ ...spec, source: { collection: 'docs' } }) });
    expect(found.source).toMatchObject({ collection: 'docs_v1', alias: 'docs' });
    expect(resolved?.source).toBe('docs_v1');
  });

  it.each<[string, Scene, { field: string; value: unknown; says: RegExp }]>([
    [
      "a source that is reembed's own",
      {
        before: (stores) => stores.collections.create('reembed.migrations', { vectors: {} }),
        spec: (spec) => ({ ...spec, source: { collection: 'reembed.migrations' } }),
      },
      { field: 'source.collection', value: 'reembed.migrations', says: /its own records of migrations: name a collection of yours/ },
    ],
    [
      "a target that would be reembed's own",
      { spec: withTarget({ collection: 'reembed.m1.set-aside' }) },
      { field: 'target.collection', value: 'reembed.m1.set-aside', says: /its own records of migrations/ },
    ],
    [
      'a search by a vector the source does not have',
      { spec: (spec) => ({ ...spec, search: { old: { using: 'tiny' } } }) },
      { field: 'search.old.using', value: 'tiny', says: /the source has no such vector/ },
    ],
    [
      'a search by a vector the target will not have',
      { spec: (spec) => ({ ...spec, search: { new: { using: 'huge' } } }) },
      { field: 'search.new.using', value: 'huge', says: /the target will have no such vector/ },
    ],
    [
      'a candidate list of a vector the target will not have',
      { spec: (spec) => ({ ...spec, search: { new: { prefetch: [{ using: 'new' }, { using: 'wrods' }], fusion: 'rrf' } } }) },
      { field: 'search.new.prefetch.1.using', value: 'wrods', says: /the target will have no such vector/ },
    ],
    [
      'weights of a fusion on a server that knows none',
      {
        version: '1.16.3',
        spec: (spec) => ({
          ...spec,
          search: { new: { prefetch: [{ using: 'new' }, { using: '' }], fusion: 'rrf', rrf: { weights: [3, 1] } } },
        }),
      },
      { field: 'search.new.rrf.weights', value: [3, 1], says: /Qdrant 1\.16\.3 fuses without weights \(1\.17 and later can weigh\)/ },
    ],
    [
      'a filter that Qdrant does not understand, with its words',
      { spec: (spec) => ({ ...spec, source: { ...spec.source, filter: { musst: [] } } }) },
      { field: 'source.filter', value: { musst: [] }, says: /Qdrant refuses this filter: unknown field `musst`/ },
    ],
    [
      'a key that may only read, with the words of the server',
      { readOnly: true },
      { field: 'QDRANT_API_KEY', value: 'the key in use', says: /use a key that may manage \(.*Global manage access is required/ },
    ],
    [
      'a model that is nearly a known one, behind an address where any name may be a model',
      { spec: withEmbed({ model: 'fake/4x' }), anyModel: true },
      { field: 'vectors."new".embed.model', value: 'fake/4x', says: /is nearly "fake\/4".*write that, or give "fake\/4x" an entry/ },
    ],
    [
      'an old model that is nearly a known one',
      { spec: (spec) => ({ ...spec, source: { collection: 'docs_v1', vectors: { '': { model: 'fkae/4', text: '{{body}}' } } } }) },
      { field: 'source.vectors."".model', value: 'fkae/4', says: /is nearly "fake\/4"/ },
    ],
    [
      'an alias that is nearly the one of the readers',
      { spec: withTarget({ collection: 'docs_v2', alias: 'dosc' }) },
      {
        field: 'target.alias',
        value: 'dosc',
        says: /"docs", which points at the source.*Write "docs"; .*`reembed alias create dosc docs_v1`/,
      },
    ],
    [
      'a source whose strict mode forbids what verifies a migration',
      { source: { strict_mode_config: { enabled: true, search_allow_exact: false } } },
      { field: 'source.collection', value: { search_allow_exact: false }, says: /forbids exact counts.*PATCH \/collections\/docs_v1/ },
    ],
    [
      'a target that is to forbid it',
      { spec: withTarget({ collection: 'docs_v2', settings: { strict_mode_config: { enabled: true, search_allow_exact: false } } }) },
      { field: 'target.settings.strict_mode_config', value: { search_allow_exact: false }, says: /forbid them after the switch/ },
    ],
    [
      'more hits than strict mode answers',
      { source: { strict_mode_config: { enabled: true, max_query_limit: 7 } } },
      { field: 'search.old.limit', value: 10, says: /max_query_limit 7\): ask for at most 7/ },
    ],
    [
      'a target too small for its points',
      { source: { strict_mode_config: { enabled: true, max_points_count: 0 } } },
      { field: 'target.settings.strict_mode_config', value: { max_points_count: 0 }, says: /the target needs 1: set a larger one/ },
    ],
    [
      'a target too small for larger vectors',
      { source: { strict_mode_config: { enabled: true, max_collection_vector_size_bytes: 20 } } },
      {
        field: 'target.settings.strict_mode_config',
        value: { max_collection_vector_size_bytes: 20 },
        says: /the target needs 2\d: set a larger one/,
      },
    ],
    ['an old server', { version: '1.15.4' }, { field: 'QDRANT_URL', value: '1.15.4', says: /1\.16 or later is needed/ }],
    [
      'no source',
      { spec: (spec) => ({ ...spec, source: { collection: 'dcos' }, target: { collection: 'docs_v2' } }) },
      { field: 'source.collection', value: 'dcos', says: /there are: docs_v1/ },
    ],
    [
      'the source as its own target',
      { spec: withTarget({ collection: 'docs_v1' }) },
      { field: 'target.collection', value: 'docs_v1', says: /is the source itself: name a collection that does not exist/ },
    ],
    [
      'custom sharding',
      { source: { sharding_method: 'custom' } },
      { field: 'source.collection', value: 'docs_v1', says: /custom sharding.*unique only within a shard key.*index the texts anew/ },
    ],
    [
      'an unknown vector of the source',
      { spec: (spec) => ({ ...spec, source: { collection: 'docs_v1', vectors: { nope: { model: 'a/b', text: '{{x}}' } } } }) },
      { field: 'source.vectors."nope"', value: 'nope', says: /it has: "" \(unnamed\), title/ },
    ],
    [
      "an alias's name as the target",
      { spec: withTarget({ collection: 'docs' }) },
      { field: 'target.collection', value: 'docs', says: /is an alias \(of "docs_v1"\).*choose another/ },
    ],
    [
      "somebody's collection as the target",
      { before: (stores) => stores.collections.create('docs_v2', { vectors: {} }) },
      { field: 'target.collection', value: 'docs_v2', says: /0 points and was not made by reembed: choose another name, or delete it/ },
    ],
    [
      "another migration's target",
      { before: (stores) => stores.collections.create('docs_v2', { vectors: {}, metadata: { reembed: { id: 'm7' } } }) },
      { field: 'target.collection', value: 'docs_v2', says: /belongs to migration m7/ },
    ],
    [
      "a collection's own name as the alias",
      { spec: withTarget({ collection: 'docs_v2', alias: 'docs_v1' }) },
      { field: 'target.alias', value: 'docs_v1', says: /`reembed alias create docs_v1_live docs_v1`/ },
    ],
    [
      'an alias of something else',
      {
        before: async (stores) => {
          await stores.collections.create('other', { vectors: {} });
          await stores.collections.pointAlias('docs', 'other');
        },
      },
      { field: 'target.alias', value: 'docs', says: /points at "other", not at the source "docs_v1": name the alias/ },
    ],
    [
      'a foreign alias for what comes next',
      { before: (stores) => stores.collections.pointAlias('docs.next', 'docs_v1') },
      { field: 'target.alias', value: 'docs', says: /"docs\.next" exists and points at "docs_v1".*delete that alias/ },
    ],
    [
      'a collection with the name of what comes next',
      { before: (stores) => stores.collections.create('docs.next', { vectors: {} }) },
      { field: 'target.alias', value: 'docs', says: /a collection has the name "docs\.next".*choose another alias/ },
    ],
    [
      'an unknown model',
      { spec: withEmbed({ model: 'fake/5' }) },
      { field: 'vectors."new".embed.model', value: 'fake/5', says: /known are fake\/4; others go into reembed\.config\.yaml/ },
    ],
    [
      'a model of which nobody has said what it wants before a text',
      { facts: { unsaid: ['documentPrefix', 'limits.maxInputTokens'] } },
      {
        field: 'vectors."new".embed.model',
        value: 'fake/4',
        says: /not a model that is known here.*under models: of the spec or in its entry .* in reembed\.config\.yaml: documentPrefix, limits\.maxInputTokens .*is: <name>/,
      },
    ],
    [
      'something said of a model that the spec does not ask',
      { spec: (plain) => ({ ...plain, models: { 'fake/9': { queryPrefix: 'ask: ' } } }) },
      { field: 'models."fake/9"', value: 'fake/9', says: /is a model that no vector of this spec is made by/ },
    ],
    [
      'a size below the smallest of the model',
      { spec: withEmbed({ dimensions: 2 }), facts: { dimensionChoices: 'any', leastDimensions: 3 } },
      { field: 'vectors."new".embed.dimensions', value: 2, says: /it gives 3 to 4/ },
    ],
    [
      'a size the model has not',
      { spec: withEmbed({ dimensions: 3 }), facts: { dimensionChoices: [2] } },
      { field: 'vectors."new".embed.dimensions', value: 3, says: /it gives 4, 2/ },
    ],
    [
      'a size beyond the model',
      { spec: withEmbed({ dimensions: 5 }), facts: { dimensionChoices: 'any' } },
      { field: 'vectors."new".embed.dimensions', value: 5, says: /it gives at most 4/ },
    ],
    [
      'a field that no point has',
      { spec: withEmbed({ text: '{{bdoy}} {{title}}' }) },
      {
        field: 'vectors."new".embed.text',
        value: '{{bdoy}} {{title}}',
        says: /"bdoy" has a value in none of 1 sampled points; .*: body, title/,
      },
    ],
    [
      'a vector to keep that is not there',
      { spec: (spec) => ({ ...spec, vectors: { a: { keep: 'b' } } }) },
      { field: 'vectors."a".keep', value: 'b', says: /it has: "" \(unnamed\), title, words/ },
    ],
    [
      'a distance among the settings',
      { spec: (spec) => ({ ...spec, vectors: { a: { keep: '', settings: { distance: 'Cosine' } } } }) },
      { field: 'vectors."a".settings.distance', value: 'Cosine', says: /write it as vectors\."a"\.distance/ },
    ],
    [
      'a size among the settings',
      { spec: (spec) => ({ ...spec, vectors: { a: { keep: '', settings: { size: 7 } } } }) },
      { field: 'vectors."a".settings.size', value: 7, says: /the recipe decides it/ },
    ],
    [
      'a name that Qdrant allows no vector',
      { spec: (spec) => ({ ...spec, vectors: { 'e5/small': { keep: '' } } }) },
      { field: 'vectors."e5/small"', value: 'e5/small', says: /Qdrant allows no "\/" in the name of a vector.*choose another name/ },
    ],
    [
      'a name that is longer than Qdrant allows',
      { spec: (spec) => ({ ...spec, vectors: { ['ü'.repeat(101)]: { keep: '' } } }) },
      { field: `vectors."${'ü'.repeat(101)}"`, value: 'ü'.repeat(101), says: /has 202 bytes.*choose a shorter one/ },
    ],
    [
      'a sparse vector without a name',
      { spec: (spec) => ({ ...spec, vectors: { '': { keep: 'words' } } }) },
      { field: 'vectors."".keep', value: 'words', says: /sparse vector needs a name/ },
    ],
  ])('is blocked by %s: field, value and way out', async (_, scene, { field, value, says }) => {
    const { plan: found, resolved } = await plan(scene);
    expect(found.blockers).toContainEqual({ field, value, message: expect.stringMatching(says) });
    expect(resolved).toBeNull();
  });

  it.each([
    ['naver/splade-v3', 'learned sparse'],
    ['prithivida/Splade_PP_en_v1', 'learned sparse'],
    ['jinaai/jina-colbert-v2', 'late interaction'],
    ['answerdotai/answerai-colbert-small-v1', 'late interaction'],
  ])('takes %s for no dense model, whoever embeds', async (model, what) => {
    for (const embed of [{ model }, { model, via: 'qdrant', dimensions: 4 }]) {
      const { plan: found } = await plan({ spec: withEmbed(embed) });
      expect(found.blockers).toContainEqual(
        expect.objectContaining({ field: 'vectors."new".embed.model', value: model, message: expect.stringContaining(what) }),
      );
    }
  });

  it.each([
    ['the full size', { dimensions: 4 }, {}],
    ['a listed size', { dimensions: 2 }, { dimensionChoices: [2] }],
    ['any smaller size', { dimensions: 3 }, { dimensionChoices: 'any' as const }],
    ['whatever an unknown model gives', { dimensions: 3 }, { dimensions: null }],
  ])('allows %s', async (_, embed, facts) => {
    expect((await plan({ spec: withEmbed(embed), facts })).plan.blockers).toEqual([]);
  });

  it('says what a name was taken for, and what is sent before every text', async () => {
    const facts = { takenFor: 'nomic-embed-text-v1.5', documentPrefix: 'search_document: ', queryPrefix: 'search_query: ' };
    expect((await plan({ facts })).plan.embeds).toMatchObject([facts]);
  });

  it('names every alias of the source and what becomes of it, but not those that reembed makes for itself', async () => {
    const more = async ({ collections }: ReturnType<typeof createFakeStores>) => {
      for (const alias of ['search', 'reembed.m7.3', 'docs.next']) await collections.pointAlias(alias, 'docs_v1');
    };
    const stays = {
      name: 'search',
      pointsAt: 'docs_v1',
      becomes: 'stays',
      says: expect.stringContaining('`complete` waits until it points elsewhere'),
    };
    expect((await plan({ before: more })).plan.aliases).toEqual([
      { name: 'docs', pointsAt: 'docs_v1', becomes: 'moves', says: 'moves to "docs_v2" at the switch' },
      stays,
    ]);
    const none = withTarget({ collection: 'docs_v2' });
    expect((await plan({ spec: none })).plan.aliases).toMatchObject([{ name: 'docs', becomes: 'stays' }]);
    const fresh = withTarget({ collection: 'docs_v2', alias: 'products' });
    expect((await plan({ spec: fresh })).plan.aliases).toMatchObject([
      { name: 'products', pointsAt: null, becomes: 'made' },
      { name: 'docs' },
    ]);
    const inPlace = withTarget({ collection: 'docs_v1', inPlace: true });
    expect((await plan({ spec: inPlace })).plan.aliases).toMatchObject([
      { name: 'docs', becomes: 'stays', says: expect.stringContaining('added vector') },
    ]);
  });

  it('says where strict mode makes it read in smaller pages, which is no reason to stop', async () => {
    const source = { strict_mode_config: { enabled: true, max_query_limit: 100 } };
    const { plan: found } = await plan({ source });
    expect(found.blockers).toEqual([]);
    expect(found.reminders).toContainEqual(
      expect.stringMatching(/"docs_v1" answers at most 100 points at once.*pages of 100 points instead of 256/),
    );
    expect((await plan({ source, spec: (spec) => ({ ...spec, copy: { pagePoints: 50 } }) })).plan.reminders.join()).toContain(
      'ids in smaller steps',
    );
  });

  it('names every blocker at once', async () => {
    const { plan: found } = await plan({ version: '1.9.2', spec: withEmbed({ model: 'fake/5' }) });
    expect(found.blockers.map(({ field }) => field)).toEqual(['QDRANT_URL', 'vectors."new".embed.model']);
  });

  it('judges no template by an empty collection', async () => {
    const emptied = async (stores: ReturnType<typeof createFakeStores>) => stores.remove('docs_v1', [{ kind: 'integer', id: '1' }]);
    expect((await plan({ before: emptied, spec: withEmbed({ text: '{{bdoy}}' }) })).plan.blockers).toEqual([]);
  });
});
