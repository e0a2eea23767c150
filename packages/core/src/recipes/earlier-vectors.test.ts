import { type SpecInput, specSchema } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { textRules } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import { byId } from '../domain/point-id-set.ts';
import { earlierTarget, reuseEarlier } from './earlier-vectors.ts';
import { targetPayloads } from './target-payload.ts';
import { targetVectors } from './target-vectors.ts';

type Params = Readonly<Record<string, unknown>>;
type Change = Omit<Partial<SpecInput>, 'vectors'> & { readonly embed?: object; readonly vector?: object; readonly name?: string };

const fromUrl = { url: 'http://texts.example/by-id' };

function specWith({ embed, vector, name = 'v', ...change }: Change = {}) {
  return specSchema.parse({
    source: { collection: 'docs_v1' },
    target: { collection: 'docs_v2' },
    vectors: { [name]: { embed: { model: 'fake/4', text: '{{body}}', ...embed }, ...vector } },
    ...change,
  });
}

const float32 = { distance: 'Cosine', datatype: 'float32' };

/** What is taken from a target that `before` made, for a migration of `after`. `params`: of the stored vector; `as`: how the new one is kept. */
function taken(before: Change, after: Change, params: Params = { size: 4, distance: 'Cosine' }, as = float32, rules = textRules) {
  const names = [before.name ?? 'v', after.name ?? 'v'] as const;
  const wanted = { spec: specWith(after), resolved: { storedAs: { [names[1]]: as } } };
  return earlierTarget({ id: 'm1', spec: specWith(before), textRules: rules }, { [names[0]]: params }, wanted)?.vectors ?? null;
}

describe('what is taken from an earlier target', () => {
  const same = { v: 'v' };
  it.each<[string, Change, Change]>([
    ['with another payload mapping', {}, { target: { collection: 'x', payload: { exclude: ['other'] } } }],
    ['with another filter', {}, { source: { collection: 'docs_v1', filter: { must: [] } } }],
    ['with another word for missing texts', {}, { embed: { onMissingText: 'keep-without-vector' } }],
    ['with another word for long texts, none of which are stored', {}, { embed: { onLongText: 'truncate' } }],
    ['with the same word for long texts', { embed: { onLongText: 'truncate' } }, { embed: { onLongText: 'truncate' } }],
    ['with other settings', {}, { vector: { settings: { hnsw_config: { m: 32 }, on_disk: true } } }],
    ['with another prefix of queries', {}, { models: { 'fake/4': { queryPrefix: 'ask: ' } } }],
    ['with a hash from now on', {}, { sync: { hashField: 'h' } }],
  ])('is a vector %s', (_, before, after) => expect(taken(before, after)).toEqual(same));

  it('is a vector by another name', () => expect(taken({ name: 'old' }, { name: 'new' })).toEqual({ new: 'old' }));

  it.each<[string, Change, Change]>([
    ['of another model', {}, { embed: { model: 'fake/5' } }],
    ['of another template', {}, { embed: { text: '{{title}}' } }],
    ['of a model that is said to want another prefix now', { models: { 'fake/4': { documentPrefix: 'a: ' } } }, {}],
    ['of a model that is said to read less now', {}, { models: { 'fake/4': { limits: { maxInputTokens: 9 } } } }],
    ['of other dimensions', {}, { embed: { dimensions: 2 } }],
    ['that Qdrant embeds, of whose model there is no witness', { embed: { via: 'qdrant' } }, { embed: { via: 'qdrant' } }],
    ['of texts some of which were shortened', { embed: { onLongText: 'truncate' } }, {}],
    ['of texts some of which were shortened otherwise', { embed: { onLongText: 'truncate' } }, { embed: { onLongText: 'split-mean' } }],
    ['of rows', {}, { vector: { settings: { multivector_config: { comparator: 'max_sim' } } } }],
    ['that was filled in where points live', { target: { collection: 'docs_v1', inPlace: true } }, {}],
    ['that is to be filled in where points live', {}, { target: { collection: 'docs_v1', inPlace: true } }],
    ['of texts elsewhere, without a hash', { source: { collection: 'docs_v1', textFrom: fromUrl } }, {}],
    [
      'with so much to say of it that metadata has no room',
      { target: { collection: 'x', payload: { exclude: ['f'.repeat(1_000), 'g'.repeat(1_000)] } } },
      {},
    ],
  ])('is none %s', (_, before, after) => expect(taken(before, after)).toBeNull());

  it.each<[string, Params, typeof float32, object | null]>([
    ['numbers as sent, for any distance', { distance: 'Dot' }, float32, same],
    ['directions, for directions', { distance: 'Cosine' }, float32, same],
    ['directions, for lengths', { distance: 'Cosine' }, { ...float32, distance: 'Dot' }, null],
    ['numbers as sent, for fewer bits', { distance: 'Dot' }, { distance: 'Dot', datatype: 'float16' }, same],
    ['the same fewer bits', { distance: 'Dot', datatype: 'float16' }, { distance: 'Dot', datatype: 'float16' }, same],
    ['fewer bits, for whole ones', { distance: 'Dot', datatype: 'float16' }, { distance: 'Dot', datatype: 'float32' }, null],
    ['four bits', { distance: 'Dot', datatype: 'turbo4' }, { distance: 'Dot', datatype: 'turbo4' }, null],
    ['rows', { distance: 'Dot', multivector_config: { comparator: 'max_sim' } }, float32, null],
  ])('goes by how it is kept: %s', (_, params, as, expected) => expect(taken({}, {}, { size: 4, ...params }, as)).toEqual(expected));

  it('is words and rows too, of the same model and text alone, and no dense vector for them', () => {
    const [words, rows] = [
      { via: 'worker', model: 'my/words', text: '{{body}}' },
      { via: 'worker', model: 'my/rows', text: '{{body}}', dimensions: 4 },
    ] as const;
    const specOf = (vectors: SpecInput['vectors']) => specSchema.parse({ ...specWith(), vectors });
    const params = { w: { index: { on_disk: true } }, r: { size: 4, distance: 'Cosine', multivector_config: { comparator: 'max_sim' } } };
    const storedAs = { w: { distance: null, datatype: 'float32' }, r: float32, v: float32 };
    const taken = (after: SpecInput['vectors']) => {
      const before = specOf({ w: { sparse: words }, r: { multivector: rows } });
      return earlierTarget({ id: 'm1', spec: before, textRules }, params, { spec: specOf(after), resolved: { storedAs } })?.vectors ?? null;
    };
    expect(taken({ w: { sparse: words }, r: { multivector: rows } })).toEqual({ w: 'w', r: 'r' });
    expect(taken({ w: { sparse: { ...words, model: 'my/others' } } })).toBeNull();
    expect(taken({ w: { sparse: { ...words, text: '{{title}}' } } })).toBeNull();
    expect(taken({ w: { sparse: { ...words, via: 'qdrant' } } })).toBeNull();
    expect(taken({ r: { multivector: { ...rows, dimensions: 8 } } })).toBeNull();
    expect(taken({ v: { embed: rows } })).toBeNull();
  });

  it('is nothing that older rules rendered, unless a hash shows the text', () => {
    expect(taken({}, {}, undefined, undefined, textRules - 1)).toBeNull();
    expect(taken({ sync: { hashField: 'h' } }, {}, undefined, undefined, textRules - 1)).toEqual(same);
  });

  it('is nothing where the collection has no such vector any more', () => {
    const wanted = { spec: specWith(), resolved: { storedAs: { v: float32 } } };
    expect(earlierTarget({ id: 'm1', spec: specWith(), textRules }, {}, wanted)).toBeNull();
  });
});

describe('what shows the text that a vector was made from', () => {
  const id = { kind: 'integer', id: '1' } as const;
  const source = (payload: object, elsewhere?: object | null): PointText => ({
    id,
    payload: JSON.stringify(payload),
    vectors: {},
    ...(elsewhere === undefined ? {} : { elsewhere: elsewhere === null ? null : JSON.stringify(elsewhere) }),
  });

  /** Whether the vector of a point is taken that `before` stored of `then`, for a source that reads `now`. */
  function isTaken(before: Change, then: PointText, now: PointText): boolean {
    const spec = specWith(before);
    const mapped = targetPayloads(spec).of(then);
    if (!('payload' in mapped)) throw new Error('the payload has a field twice');
    const stored = byId([{ id, payload: mapped.payload, vectors: { v: '[1,2]' } }]);
    const earlier = earlierTarget(
      { id: 'm1', spec, textRules },
      { v: { distance: 'Dot' } },
      { spec: specWith(), resolved: { storedAs: { v: float32 } } },
    );
    if (earlier === null) throw new Error('nothing is taken');
    const [vector] = targetVectors(specWith());
    return vector !== undefined && reuseEarlier(earlier, stored)(vector, now) === '[1,2]';
  }

  const renamed = { target: { collection: 'docs_v2', payload: { rename: { body: 'content' } } } };
  const dropped = { target: { collection: 'docs_v2', payload: { exclude: ['body'] } }, sync: { hashField: 'h' } };
  const hashed = { sync: { hashField: 'h' } };
  const elsewhere = { source: { collection: 'docs_v1', textFrom: fromUrl }, sync: { hashField: 'h' } };

  it.each<[string, Change, PointText, PointText, boolean]>([
    ['the same text beside another field', {}, source({ body: 'a', n: 1 }), source({ body: 'a', n: 2 }), true],
    ['another text', {}, source({ body: 'a' }), source({ body: 'b' }), false],
    ['no text any more', {}, source({ body: 'a' }), source({}), false],
    ['the same text under another name', renamed, source({ body: 'a' }), source({ body: 'a' }), true],
    ['another text under another name', renamed, source({ body: 'a' }), source({ body: 'b' }), false],
    ['the same text by its hash alone', dropped, source({ body: 'a' }), source({ body: 'a' }), true],
    ['another text by its hash alone', dropped, source({ body: 'a' }), source({ body: 'b' }), false],
    ['the same text by hash and payload', hashed, source({ body: 'a' }), source({ body: 'a' }), true],
    ['the same text elsewhere, by its hash', elsewhere, source({}, { body: 'a' }), source({}, { body: 'a' }), true],
    ['another text elsewhere', elsewhere, source({}, { body: 'a' }), source({}, { body: 'b' }), false],
    ['a text that is elsewhere now, without a hash', {}, source({ body: 'a' }), source({ body: 'a' }, { body: 'a' }), false],
    ['a text that was elsewhere and is in the payload now', elsewhere, source({}, { body: 'a' }), source({ body: 'a' }), false],
  ])('%s', (_, before, then, now, expected) => expect(isTaken(before, then, now)).toBe(expected));

  it('is not the hash alone where the payload was edited after it', () => {
    const earlier = earlierTarget(
      { id: 'm1', spec: specWith(hashed), textRules },
      { v: { distance: 'Dot' } },
      { spec: specWith(), resolved: { storedAs: { v: float32 } } },
    );
    const [vector] = targetVectors(specWith());
    if (earlier === null || vector === undefined) throw new Error('nothing is taken');
    const made = targetPayloads(specWith(hashed)).of(source({ body: 'a' }));
    const payload = 'payload' in made ? made.payload.replace('"body":"a"', '"body":"b"') : '';
    const stored = byId([{ id, payload, vectors: { v: '[1,2]' } }]);
    for (const body of ['a', 'b']) expect(reuseEarlier(earlier, stored)(vector, source({ body }))).toBeNull();
  });

  it('is nothing of a vector that is absent, not finite or zero', () => {
    const earlier = earlierTarget(
      { id: 'm1', spec: specWith(), textRules },
      { v: { distance: 'Dot' } },
      { spec: specWith(), resolved: { storedAs: { v: float32 } } },
    );
    const [vector] = targetVectors(specWith());
    if (earlier === null || vector === undefined) throw new Error('nothing is taken');
    for (const vectors of [{}, { v: '[null,1]' }, { v: '[0,0]' }] as PointText['vectors'][])
      expect(reuseEarlier(earlier, byId([{ ...source({ body: 'a' }), vectors }]))(vector, source({ body: 'a' }))).toBeNull();
  });
});
