import { describe, expect, it } from 'vitest';
import { parseExactJson } from './exact-json.ts';
import { type SpecInput, specSchema } from './spec.ts';
import './plain-words.ts';

const least: SpecInput = {
  name: 'docs',
  source: { collection: 'docs_v1' },
  target: { collection: 'docs_v2' },
  vectors: { '': { embed: { model: 'openai/x', text: '{{body}}' } } },
};
type Fields = Readonly<Record<string, unknown>>;

/** The spec with a value at a dotted path. */
function withField(path: string, value: unknown): Fields {
  const spec: Record<string, unknown> = structuredClone(least);
  const names = path.split('.');
  let at = spec;
  for (const name of names.slice(0, -1)) {
    at[name] = { ...(at[name] as Fields | undefined) };
    at = at[name] as Record<string, unknown>;
  }
  at[names.at(-1) ?? ''] = value;
  return spec;
}

describe('specSchema', () => {
  it('is called as its target where nobody names it, and a name is no empty text', () => {
    const { name: _name, ...nameless } = least;
    expect(specSchema.parse(nameless).name).toBe('docs_v2');
    expect(specSchema.parse({ ...nameless, target: { collection: 'c'.repeat(200) } }).name).toHaveLength(128);
    expect(specSchema.safeParse({ ...least, name: '' }).error?.issues).toMatchObject([{ path: ['name'], message: 'must not be empty' }]);
  });

  it('needs three fields and fills in the rest', () => {
    expect(specSchema.parse(least)).toEqual({
      name: 'docs',
      source: { collection: 'docs_v1', vectors: {}, filter: null, textFrom: { url: null, file: null } },
      target: { collection: 'docs_v2', inPlace: false, alias: null, payload: { include: [], exclude: [], rename: {} }, settings: {} },
      vectors: {
        '': {
          embed: { model: 'openai/x', via: 'worker', text: '{{body}}', onMissingText: 'quarantine', onLongText: 'quarantine', options: {} },
          settings: {},
        },
      },
      models: {},
      copy: { rangePoints: 2_000, pagePoints: 256, streams: 4, transport: 'auto', hotFirst: { file: null, points: 10_000 } },
      throttle: {
        ...{ pointsPerSecond: null, maxSearchLatencyMs: null, criticalLatencyMs: null },
        ...{ maxCostUsd: null, maxDiskPercent: null, maxMemoryPercent: null },
      },
      sync: { changedField: null, maxDeleteShare: 0.01, maxPasses: 10, hashField: null },
      search: { bridge: { candidates: 200 }, old: { using: '', prefetch: [], fusion: null, limit: 10, filter: null } },
      gates: {
        minNdcgDelta: -0.02,
        queries: [],
        qrels: [],
        documentField: null,
        slices: [],
        scoreThreshold: null,
        knownItems: null,
        shadow: null,
        sampledPoints: 50,
      },
      switch: { mode: 'manual', freeze: { url: null, timeoutMs: 90_000 } },
      observe: { reverseSync: false },
    });
  });

  it('is the same when it is read a second time, as it is from metadata', () => {
    const once = specSchema.parse({ ...least, search: { new: { using: 'new' } } });
    expect(specSchema.parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
  });

  it.each([
    ['an object', { must: [{ key: 'b', match: { value: 1 } }] }],
    ['JSON text', ' {"must": [{"match": {"value": 1}, "key": "b"}]} '],
  ])('keeps a filter given as %s as one canonical text', (_what, filter) => {
    const { source } = specSchema.parse(withField('source.filter', filter));
    expect(source.filter).toBe('{"must":[{"key":"b","match":{"value":1}}]}');
  });

  it('keeps every digit of a filter, also when it is read again', () => {
    const filter = '{"must":[{"has_id":[18446744073709551615]},{"key":"n","range":{"gte":9007199254740993}}]}';
    const once = specSchema.parse(withField('source.filter', parseExactJson(filter)));
    expect(once.source.filter).toBe(filter);
    expect(specSchema.parse(JSON.parse(JSON.stringify(once))).source.filter).toBe(filter);
  });

  it.each([
    '',
    'source',
    'source.textFrom',
    'target',
    'target.payload',
    'copy',
    'sync',
    'search',
    'search.old',
    'search.new',
    'gates',
    'switch',
    'switch.freeze',
  ])('refuses an unknown key in "%s" by name', (path) => {
    const parsed = specSchema.safeParse(withField(path === '' ? 'tpyo' : `${path}.tpyo`, 1));
    expect(parsed.error?.issues).toMatchObject([{ code: 'unrecognized_keys', keys: ['tpyo'] }]);
  });

  it.each<[string, unknown]>([
    ['name', ''],
    ['source.collection', 'a/b'],
    ['source.collection', ''],
    ['target.collection', 'x'.repeat(256)],
    ['target.alias', 'docs_v2'],
    ['vectors', {}],
    ['vectors', { '': {} }],
    ['vectors', { '': { keep: '', embed: { model: 'a/b', text: '{{x}}' } } }],
    ['vectors', { '': { keep: '', distance: 'Dot' } }],
    ['vectors', { '': { embed: { model: 'nameless', text: '{{x}}' } } }],
    ['vectors', { '': { embed: { model: 'a/b', text: 'no field' } } }],
    ['vectors', { '': { embed: { model: 'a/b', text: '{{x}}', dimensions: 0 } } }],
    ['source.filter', 'lang = de'],
    ['source.filter', '[]'],
    ['source.filter', 7],
    ['source.textFrom', { url: 'file:///etc/passwd' }],
    ['source.textFrom', { url: 'https://me:secret@a.example/' }],
    ['source.textFrom', { url: 'https://a.example/texts?tenant=a&api_key=secret' }],
    ['source.textFrom', { file: '../texts.jsonl' }],
    ['source.textFrom', { url: 'https://a.example/', file: 'texts.jsonl' }],
    ['sync.hashField', 'a.b'],
    ['copy.pagePoints', 0],
    ['copy.pagePoints', 1.5],
    ['copy.streams', 65],
    ['sync.maxDeleteShare', 2],
    ['switch.mode', 'perhaps'],
    ['switch.freeze', { url: 'ftp://a.example/' }],
    ['switch.freeze', { url: 'https://me:secret@a.example/' }],
    ['switch.freeze', { url: 'https://a.example/hold?token=secret' }],
    ['search.new', { using: 'a', rrf: { k: 60 } }],
    ['search.new', { prefetch: [{ using: 'a' }, { using: 'b' }], fusion: 'dbsf', rrf: { k: 60 } }],
    ['search.new', { prefetch: [{ using: 'a' }, { using: 'b' }], fusion: 'rrf', rrf: { weights: [1] } }],
    ['search.new', { prefetch: [{ using: 'a' }, { using: 'b' }], fusion: 'rrf', rrf: { weights: [1, 0] } }],
    ['search.new', { prefetch: [{ using: 'a' }, { using: 'b' }], fusion: 'rrf', rrf: { k: 0 } }],
  ])('refuses %s: %j', (path, value) => {
    expect(specSchema.safeParse(withField(path, value)).success).toBe(false);
  });
});
