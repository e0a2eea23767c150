import { createFakeCatalogue, createFakeEmbedder, createFakeStores, fakeVector } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import { type ExamineOptions, examineCollection } from './examine-collection.ts';

/** Nowhere near what the declared model makes of a text. */
const otherVector = (text: string) => fakeVector(text).map((value, at) => (at % 2 === 0 ? -value : value));
const declared = { model: 'fake/4', dimensions: 4, text: '{{body}}' };

type Doc = { readonly id: number; readonly body?: string; readonly vector?: readonly number[]; readonly payload?: object };

async function examine(
  docs: readonly Doc[],
  {
    metadata = { reembed: { vectors: { '': declared } } } as object,
    distance = 'Cosine',
    options = {} as Partial<ExamineOptions>,
    fails = false,
  } = {},
) {
  const stores = createFakeStores();
  await stores.collections.create('docs_v1', { vectors: { size: 4, distance }, metadata });
  await stores.collections.pointAlias('docs', 'docs_v1');
  stores.put(
    'docs_v1',
    docs.map(({ id, body, vector, payload }) => ({
      id: { kind: 'integer', id: String(id) },
      payload: JSON.stringify(payload ?? (body === undefined ? {} : { body })),
      vectors: { '': JSON.stringify(vector ?? fakeVector(body ?? '')) },
    })),
  );
  const failure = new ReembedError('provider-unauthorized', 'the key is wrong');
  const models = { 'fake/4': createFakeEmbedder(), 'fake/old': createFakeEmbedder({ model: 'fake/old', vectorOf: otherVector }) };
  const asked: [string, number][] = [];
  const health = await examineCollection(
    {
      ...stores,
      catalogue: createFakeCatalogue(Object.values(models)),
      embed: async ({ model, texts }) => {
        if (fails) throw failure;
        asked.push([model, texts.length]);
        const made = models[model as keyof typeof models];
        return texts.map((text) => ({ vector: Float32Array.from((made === models['fake/old'] ? otherVector : fakeVector)(text)) }));
      },
    },
    'docs',
    { points: 1_000, texts: 100, allow: 0.05, otherModels: [], ...options },
  );
  const found = health.found.map(
    ({ symptom, alarm, ids }) => `${alarm ? 'alarm' : 'note'} ${symptom}: ${ids.map(({ id }) => id).join(' ')}`,
  );
  return { health, found, asked };
}

const sound = (count = 30): Doc[] => Array.from({ length: count }, (_, id) => ({ id, body: `document number ${id}` }));
const foreign = (id: number, body = `document number ${id}`): Doc => ({ id, body, vector: otherVector(body) });
const migrated = {
  reembed: {
    ...{
      format: 1,
      id: 'm1',
      owner: 'fleet',
      createdAt: '2026-01-01T00:00:00.000Z',
      labels: null,
      textRules: 2,
      witness: {},
      vectors: { '': declared },
    },
    spec: {
      name: 'docs',
      source: { collection: 'docs_v0', vectors: { '': { model: 'fake/old', text: '{{body}}' } } },
      target: { collection: 'docs_v1' },
      vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } },
    },
    resolved: { source: 'docs_v0', aliasBefore: null, serverVersion: '1.19.0', heldBack: { indexingThreshold: null, strictMode: null } },
  },
};

describe('a collection that is examined', () => {
  it('is well where nothing is wrong, and its aliases, points and model are told', async () => {
    const { health, asked } = await examine(sound());
    expect(health).toMatchObject({ collection: 'docs_v1', points: 30, sampled: 30, embedded: 30, aliases: ['docs'], found: [] });
    expect(health.vectors).toEqual([{ name: '', size: 4, model: 'fake/4' }]);
    expect(asked).toEqual([['fake/4', 30]]);
  });

  it.each<[string, readonly Doc[], string[]]>([
    ['vectors of only zeros', [{ id: 90, body: 'zero', vector: [0, 0, 0, 0] }], ['alarm vector-zero: 90']],
    [
      'texts that are missing, many',
      [91, 92, 93].map((id) => ({ id, vector: fakeVector(`lost ${id}`) })),
      ['alarm text-missing: 91 92 93'],
    ],
    ['a text that is missing', [{ id: 91, vector: fakeVector('lost') }], ['note text-missing: 91']],
    ['copies of points', [{ id: 90, body: 'document number 1' }], ['note same-vector: 90', 'note same-text: 90']],
    [
      'one text with two vectors',
      [foreign(90, 'document number 1')],
      ['alarm same-text-other-vector: 90', 'note unlike-model: 90', 'note same-text: 90'],
    ],
  ])('has %s', async (_, wrong, expected) => {
    const { found } = await examine([...sound(), ...wrong], { options: { allow: 0.04 } });
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  it('of which some vectors are of the model that a migration came from is found out without being told', async () => {
    const { found, health } = await examine([...sound(), foreign(90), foreign(91)], { metadata: migrated });
    expect(found).toEqual(['alarm other-model: 90 91']);
    expect(health.found[0]).toMatchObject({
      count: 2,
      of: 32,
      message: expect.stringContaining('are of another model, and not what fake/4 makes of "{{body}}"'),
    });
  });

  it('or of a model that is named; where nobody names it they are unlike, which is an alarm past what may be edited texts', async () => {
    const docs = [...sound(), foreign(90), foreign(91)];
    expect((await examine(docs, { options: { otherModels: ['fake/old'] } })).found).toEqual(['alarm other-model: 90 91']);
    expect((await examine(docs, { options: { allow: 0.1 } })).found).toEqual(['note unlike-model: 90 91']);
    expect((await examine(docs)).found).toEqual(['alarm unlike-model: 90 91']);
  });

  it('costs no more texts than it may, of the other model only those that the declared one did not make', async () => {
    const { asked } = await examine([...sound(), foreign(90)], { metadata: migrated, options: { texts: 40 } });
    expect(asked).toEqual([
      ['fake/4', 31],
      ['fake/old', 1],
    ]);
    expect((await examine(sound(), { options: { texts: 10 } })).asked).toEqual([['fake/4', 10]]);
  });

  it('where lengths count, has some that are normalised and some that are not', async () => {
    const unit = (body: string) => fakeVector(body).map((value, _, all) => value / Math.hypot(...all));
    const docs = sound().map((doc) => ({ ...doc, vector: unit(doc.body ?? '') }));
    const mixed = [...docs, { id: 90, body: 'long', vector: fakeVector('long').map((value) => value * 3) }];
    expect((await examine(mixed, { distance: 'Dot' })).found).toEqual(['alarm mixed-norms: 90']);
    expect((await examine(mixed, { distance: 'Cosine' })).found).toEqual([]);
    expect((await examine(docs, { distance: 'Dot' })).found).toEqual([]);
  });

  it('of which nobody says what made it falls into two groups, or not, and neither is an alarm', async () => {
    const two = [...sound(), ...[90, 91, 92, 93].map((id) => foreign(id))];
    expect((await examine(two, { metadata: {} })).found).toEqual(['note undeclared: ', 'note two-groups: 90 91 92 93']);
    expect((await examine(sound(), { metadata: {} })).found).toEqual(['note undeclared: ']);
  });

  it('whose model cannot be asked is looked at by its numbers, and that is said', async () => {
    const { found, health } = await examine(sound(), { fails: true });
    expect(found).toEqual(['note not-checked: ']);
    expect(health.found[0]?.message).toContain('the key is wrong [provider-unauthorized]');
  });

  it('may be empty', async () => expect((await examine([])).found).toEqual([]));
});
