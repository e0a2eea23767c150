import { phases, type SpecInput, specSchema } from '@reembed/contracts';
import {
  buildMigration,
  createFakeAdapters,
  createFakeCatalogue,
  createFakeEmbedder,
  createFakeStores,
  createFakeTextSources,
} from '@reembed/testkit';
import { expect, it } from 'vitest';
import { possibleCommands } from '../domain/transitions.ts';
import { planWithAdvice } from './advice/plan-with-advice.ts';

/**
 * The mistakes that people are known to make when they change a model, each met by a message that says why. Where each is looked at from all
 * sides is said in docs/plan.md.
 */
type Mistake = { readonly spec: Partial<SpecInput>; readonly version?: string };

const embed = { embed: { model: 'fake/4', text: '{{body}}' } };
const source = { collection: 'docs_v1' };
const colbert = { size: 4, distance: 'Cosine', multivector_config: { comparator: 'max_sim' } };

/** Everything a plan says, in one text. */
async function said({ spec, version = '1.19.0' }: Mistake): Promise<string> {
  const stores = createFakeStores({ version });
  await stores.collections.create('docs_v1', { vectors: { '': { size: 4, distance: 'Cosine' }, colbert } });
  const vectors = { '': '[0.5,0.5,0.5,0.5]' };
  stores.put('docs_v1', [{ id: { kind: 'integer', id: '1' }, payload: '{"body":"hello world","lang":"en"}', vectors }]);
  const catalogue = createFakeCatalogue([createFakeEmbedder()]);
  const embedSample = async ({ texts }: { readonly texts: readonly string[] }) =>
    texts.map(() => ({ vector: Float32Array.of(1, -1, 1, -1) }));
  const given = specSchema.parse({ name: 'docs', source, target: { collection: 'docs_v2' }, vectors: { '': embed }, ...spec });
  const { collections, points } = stores;
  const sources = { learnedMaps: createFakeAdapters(), textSources: createFakeTextSources() };
  const plan = await planWithAdvice({ collections, points, catalogue, ...sources, workers: 2, embedSample }, given);
  return JSON.stringify(plan);
}

it.each<[string, RegExp, Mistake]>([
  [
    'a named vector added where the server cannot',
    /needs Qdrant 1\.18 or later.*cannot add a vector to a collection that exists/,
    { spec: { target: { collection: 'docs_v1', inPlace: true }, vectors: { new: embed } }, version: '1.17.1' },
  ],
  [
    'a query model that stays behind',
    /Whatever embeds queries has to change together with the alias: an alias cannot carry the model/,
    { spec: {} },
  ],
  [
    'payloads left behind',
    /only lang of each payload arrive.*a later model cannot embed texts that are not there/,
    { spec: { target: { collection: 'docs_v2', payload: { include: ['lang'] } } } },
  ],
  [
    'late interaction beside other vectors',
    /shares the collection with/,
    { spec: { vectors: { '': { keep: '' }, colbert: { keep: 'colbert' } } } },
  ],
  [
    'hybrid search without a test of BM25',
    /alone before it is fused with a dense vector: a half that finds nothing hides behind the other/,
    { spec: { vectors: { '': { keep: '' }, words: { bm25: { text: '{{body}}' } } } } },
  ],
  [
    'a cut through a model that is not made for it',
    /is not known to be a Matryoshka model/,
    {
      spec: {
        source: { ...source, vectors: { '': { model: 'fake/4', text: '{{body}}' } } },
        vectors: { '': { truncate: { vector: '', dimensions: 2 } } },
      },
    },
  ],
  [
    'equal dimensions taken for the same model',
    /equal dimensions are not the same model/,
    { spec: { source: { ...source, vectors: { '': { model: 'fake/4', text: '{{body}}' } } } } },
  ],
  [
    'a vector left for later on a server that adds none',
    /adds no vector to a collection that exists \(1\.18 can\): give \\"docs_v2\\" now every vector/,
    { spec: {}, version: '1.17.1' },
  ],
  [
    'late interaction taken for a dense model',
    /write multivector: \{ model, text \} instead of embed/,
    { spec: { vectors: { '': { embed: { model: 'x/colbertv2', text: '{{body}}' } } } } },
  ],
  ['score thresholds carried over', /Score thresholds do not carry over from one vector to another/, { spec: {} }],
  [
    'an alias that readers do not use',
    /only readers that ask for \\"nobody\\" follow it/,
    { spec: { target: { collection: 'docs_v2', alias: 'nobody' } } },
  ],
])('a known mistake is met with its reason: %s', async (_, says, mistake) => expect(await said(mistake)).toMatch(says));

it('a known mistake is impossible: deleting the old collection before it was verified and switched', () => {
  const migration = buildMigration({
    spec: specSchema.parse({ name: 'docs', source, target: { collection: 'docs_v2' }, vectors: { '': embed } }),
  });
  const completing = phases.filter((phase) => possibleCommands({ ...migration, phase }).includes('complete'));
  expect(completing).toEqual(['observing']);
});
