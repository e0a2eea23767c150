import { specSchema } from '@reembed/contracts';
import {
  createFakeAdapters,
  createFakeBm25,
  createFakeCatalogue,
  createFakeEmbedder,
  createFakeStores,
  createFakeTextSources,
} from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { makePlan } from '../plan/make-plan.ts';
import { applyRecipes } from './apply-recipes.ts';

function specOf(embed: object = {}) {
  const vectors = {
    new: { embed: { model: 'openai/text-embedding-3-small', via: 'qdrant' as const, dimensions: 512, text: '{{body}}', ...embed } },
  };
  return specSchema.parse({ name: 'x', source: { collection: 'a' }, target: { collection: 'b' }, vectors });
}

async function plan(embed: object = {}, inference?: readonly string[]) {
  const stores = createFakeStores({ inference });
  await stores.collections.create('a', { vectors: { size: 2, distance: 'Dot' } });
  const deps = {
    learnedMaps: createFakeAdapters(),
    textSources: createFakeTextSources(),
    collections: stores.collections,
    points: stores.points,
    catalogue: createFakeCatalogue([createFakeEmbedder()]),
  };
  return (await makePlan(deps, specOf(embed))).plan;
}

describe('a vector that Qdrant embeds', () => {
  it('goes out as a document with its options, and a point without text is set aside', async () => {
    const spec = specOf({ options: { dimensions: 512 } });
    const encodeVector = (vector: Float32Array) => JSON.stringify([...vector]);
    const context = { spec, resolved: { storedAs: {}, avgLen: {} }, bm25: createFakeBm25(), embedding: {}, encodeVector };
    const point = (id: string, payload: string) => ({ id: { kind: 'integer', id } as const, payload, vectors: {} });
    const mapped = await applyRecipes(context, [point('1', '{"body":"say \\"hi\\""}'), point('2', '{}')]);
    expect(mapped.points.map(({ vectors }) => vectors.new)).toEqual([
      '{"text":"say \\"hi\\"","model":"openai/text-embedding-3-small","options":{"dimensions":512}}',
    ]);
    expect(mapped).toMatchObject({ setAside: [{ code: 'text-missing' }], texts: 1, tokens: 0 });
  });

  it.each<[string, object, string, RegExp]>([
    ['no dimensions', { dimensions: undefined }, 'dimensions', /say how many dimensions openai\/text-embedding-3-small gives/],
    ['a model that makes sparse vectors', { model: 'Qdrant/bm25' }, 'model', /bm25: \{ text, encoder: server \}/],
    ['a cut that nobody could make', { onLongText: 'truncate' }, 'onLongText', /via: worker/],
    ['a key in the spec', { options: { 'openai-api-key': 'sk-1' } }, 'options', /inference\.headers in reembed\.config\.yaml/],
  ])('is blocked by %s', async (_, embed, field, says) => {
    const [blocker, ...more] = (await plan(embed)).blockers;
    expect([blocker?.field, more]).toEqual([`vectors."new".embed.${field}`, []]);
    expect(blocker?.message).toMatch(says);
    expect(JSON.stringify(blocker)).not.toContain('sk-1');
  });

  it('says what cannot be seen from here, and how to query', async () => {
    const made = await plan({ options: { dimensions: 512 } });
    expect(made.blockers).toEqual([]);
    expect(made.reminders.join(' ')).toMatch(/Qdrant 1\.19\.0 embeds with openai\/text-embedding-3-small itself/);
    expect(made.queryChange[0]).toContain('"model":"openai/text-embedding-3-small","options":{"dimensions":512}');
  });

  it('is blocked where the server has no inference at all', async () => {
    const { blockers } = await plan({}, []);
    const message = expect.stringMatching(/embeds no texts: embed via: worker.*URL not configured/);
    expect(blockers).toEqual([{ field: 'vectors."new".embed.via', value: 'qdrant', message }]);
  });

  it('that the server refuses to make once, maybe for want of a key, is warned of in its words', async () => {
    const { blockers, reminders } = await plan({}, ['qdrant/bm25']);
    expect(blockers).toEqual([]);
    expect(reminders.join(' ')).toMatch(/Qdrant refused: Inference error: openai\/text-embedding-3-small is not supported/);
  });

  it('alone takes options: a model that workers call has its own', async () => {
    const [blocker] = (await plan({ model: 'fake/4', via: 'worker', dimensions: 4, options: { x: 1 } })).blockers;
    expect(blocker).toMatchObject({ field: 'vectors."new".embed.options', message: expect.stringContaining('via: qdrant') });
  });
});
