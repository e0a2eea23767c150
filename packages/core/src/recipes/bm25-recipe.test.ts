import { type SpecInput, specSchema } from '@reembed/contracts';
import {
  createFakeAdapters,
  createFakeBm25,
  createFakeCatalogue,
  createFakeEmbedder,
  createFakeStores,
  createFakeTextSources,
  vectorText,
} from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import type { PointText } from '../domain/point.ts';
import { makePlan } from '../plan/make-plan.ts';
import { applyRecipes } from './apply-recipes.ts';
import { targetPayloads } from './target-payload.ts';
import { targetVectors } from './target-vectors.ts';

const point = (body?: string, vectors: PointText['vectors'] = {}): PointText => ({
  id: { kind: 'integer', id: '1' },
  payload: body === undefined ? '{}' : JSON.stringify({ body }),
  vectors,
});

function contextFor(recipe: object = {}) {
  const vectors = { words: { bm25: { text: '{{body}}', ...recipe } } };
  const spec = specSchema.parse({ name: 'x', source: { collection: 'a' }, target: { collection: 'b' }, vectors });
  const resolved = { storedAs: {}, avgLen: { words: 4 } };
  return { spec, resolved, bm25: createFakeBm25(), embedding: {}, encodeVector: (vector: Float32Array) => JSON.stringify([...vector]) };
}

describe('a BM25 vector', () => {
  it('is encoded here with the length that was measured, and costs nothing', async () => {
    const mapped = await applyRecipes(contextFor(), [point('a bcd')]);
    expect(mapped).toMatchObject({ points: [{ vectors: { words: '{"indices":[1,3],"values":[0.5,0.5]}' } }], texts: 0, tokens: 0 });
  });

  it('takes the length the spec gives', async () => {
    const { points } = await applyRecipes(contextFor({ avgLen: 8 }), [point('a bcd')]);
    expect(points[0]?.vectors.words).toBe('{"indices":[1,3],"values":[0.25,0.25]}');
  });

  it('is left to the server as a document with every option', async () => {
    const { points } = await applyRecipes(contextFor({ encoder: 'server', language: 'german', stemmer: false, stopWords: ['x"y'] }), [
      point('say "hi"'),
    ]);
    expect(JSON.parse(vectorText(points[0]?.vectors.words ?? ''))).toEqual({
      text: 'say "hi"',
      model: 'qdrant/bm25',
      options: {
        language: 'german',
        stemmer: { type: 'none' },
        stopwords: { languages: [], custom: ['x"y'] },
        k: 1.2,
        b: 0.75,
        avg_len: 4,
      },
    });
  });

  it('is missing where there is no text', async () => {
    const { points, setAside } = await applyRecipes(contextFor(), [point()]);
    expect([points[0]?.vectors, setAside]).toEqual([{}, []]);
  });

  it.each<[string, PointText, PointText, string | null]>([
    ['there', point('a'), point('a', { words: '{"indices":[1],"values":[0.5]}' }), null],
    ['without a token', point('a'), point('a', { words: '{"indices":[],"values":[]}' }), null],
    ['gone', point('a'), point('a'), 'vector-missing'],
    ['gone, and there is no text', point(), point(), null],
  ])('is looked at: %s', async (_, source, target, kind) => {
    const context = contextFor();
    expect(await targetVectors(context.spec)[0]?.check(context, [{ source, target }])).toEqual([kind]);
  });

  it('is made anew for a changed text only', () => {
    const { spec } = contextFor();
    const [vector] = targetVectors(spec);
    const payloads = targetPayloads(spec);
    const stored = point('a', { words: '{"indices":[1],"values":[0.5]}' });
    expect(vector?.reuse({ source: point('b'), target: stored }, payloads)).toBeNull();
    expect(vector?.reuse({ source: point('a'), target: stored }, payloads)).toBe('{"indices":[1],"values":[0.5]}');
  });
});

type Scene = {
  readonly recipe?: object;
  readonly vector?: object;
  readonly name?: string;
  readonly version?: string;
  readonly bodies?: readonly string[];
  readonly inference?: readonly string[];
};

async function plan({
  recipe = {},
  vector = {},
  name = 'words',
  version = '1.19.0',
  bodies = ['one two', 'one two three four'],
  inference,
}: Scene = {}) {
  const stores = createFakeStores({ version, inference });
  await stores.collections.create('a', { vectors: { size: 2, distance: 'Dot' } });
  stores.put(
    'a',
    bodies.map((body, n) => ({ ...point(body), id: { kind: 'integer', id: String(n + 1) } })),
  );
  const vectors: SpecInput['vectors'] = { [name]: { bm25: { text: '{{body}}', ...recipe }, ...vector } };
  const spec = specSchema.parse({ name: 'x', source: { collection: 'a' }, target: { collection: 'b' }, vectors });
  const catalogue = createFakeCatalogue([createFakeEmbedder()]);
  return makePlan({ ...stores, learnedMaps: createFakeAdapters(), catalogue, textSources: createFakeTextSources() }, spec);
}

describe('the plan of BM25', () => {
  it('measures the average length and pins it', async () => {
    const { plan: made, resolved } = await plan();
    expect(made.blockers).toEqual([]);
    expect(resolved?.avgLen).toEqual({ words: 3 });
    expect((await plan({ recipe: { avgLen: 99 } })).resolved?.avgLen).toEqual({});
    expect((await plan({ bodies: [] })).resolved?.avgLen).toEqual({ words: 256 });
  });

  it('spells out the query, with the options of the documents', async () => {
    const { plan: made } = await plan({ recipe: { stemmer: false } });
    expect(made.queryChange[0]).toContain('"model":"qdrant/bm25","options":{"language":"english","stemmer":{"type":"none"}}');
  });

  it.each<[string, Scene, { field: string; says: RegExp }]>([
    [
      'an unknown language',
      { recipe: { language: 'klingon' } },
      { field: 'vectors."words".bm25.language', says: /it knows: english, greek, thai/ },
    ],
    [
      'a stemmer that only the server has',
      { recipe: { language: 'greek' } },
      { field: 'vectors."words".bm25.language', says: /encoder: server, or stemmer: false/ },
    ],
    [
      'an older server that always stems',
      { recipe: { encoder: 'server', stemmer: false }, version: '1.18.2' },
      { field: 'vectors."words".bm25.stemmer', says: /1\.18\.2 cannot leave stemming out/ },
    ],
    [
      'a server that makes no such vectors',
      { recipe: { encoder: 'server' }, inference: [] },
      { field: 'vectors."words".bm25.encoder', says: /set encoder: local.*\(InferenceService URL not configured\)/ },
    ],
    ['no name', { name: '' }, { field: 'vectors."".bm25', says: /needs a name/ }],
    ['a distance', { vector: { distance: 'Dot' } }, { field: 'vectors."words".distance', says: /leave it out/ }],
    [
      'a field that no point has',
      { recipe: { text: '{{bdoy}}' } },
      { field: 'vectors."words".bm25.text', says: /"bdoy" has a value in none/ },
    ],
  ])('is blocked by %s', async (_, scene, { field, says }) => {
    expect((await plan(scene)).plan.blockers).toEqual([{ field, value: expect.anything(), message: expect.stringMatching(says) }]);
  });

  it.each<[string, Scene, RegExp]>([
    ['that BM25 wants a test of its own', {}, /Test "words" alone before it is fused/],
    ['that texts are in other languages', { bodies: ['Wort', 'word'] }, /1 of 2 sampled texts for "words" do not look english \(german/],
    ['that there are no stop words', { recipe: { language: 'thai' } }, /no list of stop words for thai/],
    ['that there is no stemmer', { recipe: { language: 'thai' } }, /no stemmer for thai/],
    ['what newer servers do by themselves', { version: '1.20.0' }, /"scoring": true.*needs no vector "words"/],
  ])('says %s', async (_, scene, says) => {
    expect((await plan(scene)).plan.reminders).toContainEqual(expect.stringMatching(says));
  });

  it('says none of it without cause', async () => {
    expect((await plan()).plan.reminders.join(' ')).not.toMatch(/do not look|no list|no stemmer|scoring/);
  });
});
