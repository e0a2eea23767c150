import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isReembedError } from './error.ts';
import { parseSpec } from './parse-spec.ts';

/** What holds up all other requests while a spec is read, in ms. Of CPU of this thread: what else the machine does counts for nothing. */
const mostMs = 200;

/** As long as bodies of the API may be where they are not labels: what has more entries is refused before. */
const mostEntries = 5_000;
const mostChars = 400_000;

/** Pieces that make readers of templates, paths and filters look twice. */
const piece = fc.constantFrom(
  '{{a}}',
  '{{',
  '}}',
  '{{"',
  '{{x',
  ' ',
  '|',
  ' | llamaindex',
  '\\',
  '"',
  '[',
  '[]',
  '[0]',
  '.',
  'a.',
  'a',
  '{',
  '9',
  '/',
  '​',
  '\ud800',
  '\n',
);
const text = fc
  .tuple(fc.array(piece, { maxLength: 4 }), piece, fc.integer({ min: 0, max: mostChars }), fc.array(piece, { maxLength: 4 }))
  .map(([before, repeated, chars, after]) => [...before, repeated.repeat(chars / repeated.length), ...after].join(''));
const count = fc.integer({ min: 0, max: mostEntries });
const list = fc
  .tuple(count, fc.oneof(piece, fc.constant(null), fc.constant({ keep: 1 }), fc.constant('a')))
  .map(([n, item]) => Array.from({ length: n }, (_, at) => (item === 'a' ? `a${at}` : item)));
const object = fc
  .tuple(count, fc.oneof(piece, fc.constant({ keep: '' }), fc.constant(7)))
  .map(([n, value]) => Object.fromEntries(Array.from({ length: n }, (_, at) => [`k${at}`, value])));
const nested = fc
  .integer({ min: 0, max: 60 })
  .map((depth) => JSON.parse(`${'{"must":['.repeat(depth / 2)}${']}'.repeat(depth / 2) || '1'}`) as unknown);
const value = fc.oneof(text, list, object, nested);

/** The fields of a spec that hold texts, lists or objects, each by its way to it. */
const fields = [
  ['name'],
  ['source', 'collection'],
  ['source', 'filter'],
  ['source', 'vectors'],
  ['source', 'textFrom', 'url'],
  ['source', 'textFrom', 'file'],
  ['target', 'alias'],
  ['target', 'payload', 'include'],
  ['target', 'payload', 'exclude'],
  ['target', 'payload', 'rename'],
  ['target', 'settings'],
  ['vectors'],
  ['vectors', '', 'embed', 'model'],
  ['vectors', '', 'embed', 'text'],
  ['vectors', '', 'keep'],
  ['models'],
  ['sync', 'changedField'],
  ['sync', 'hashField'],
  ['search', 'old', 'prefetch'],
  ['search', 'new', 'filter'],
  ['gates', 'queries'],
  ['gates', 'qrels'],
  ['gates', 'slices'],
  ['gates', 'knownItems', 'text'],
  ['switch', 'freeze', 'url'],
] as const;

function withValue(spec: object, [first = '', ...rest]: readonly string[], given: unknown): object {
  const inner: unknown = Reflect.get(spec, first);
  return { ...spec, [first]: rest.length === 0 ? given : withValue(typeof inner === 'object' && inner !== null ? inner : {}, rest, given) };
}

const usual = {
  source: { collection: 'docs_v1' },
  target: { collection: 'docs_v2' },
  vectors: { '': { embed: { model: 'hash/16', text: '{{body}}' } } },
};

it('no spec holds other requests up, and none is refused with a book', () => {
  const changes = fc.array(fc.tuple(fc.constantFrom(...fields), value), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(changes, (changed) => {
      const spec = changed.reduce((before: object, [path, given]) => withValue(before, path, given), usual);
      const began = process.threadCpuUsage();
      try {
        parseSpec(spec);
      } catch (error) {
        if (!isReembedError(error, 'invalid-spec')) throw error;
        expect(error.message.length).toBeLessThan(100_000);
      }
      const { user, system } = process.threadCpuUsage(began);
      expect((user + system) / 1_000).toBeLessThan(mostMs);
    }),
    { numRuns: 300, endOnFailure: true },
  );
});

const names = (count: number) => Array.from({ length: count }, (_, at) => `k${at}`);
const objectOf = (count: number, value: unknown) => Object.fromEntries(names(count).map((name) => [name, value]));

it.each<[readonly string[], unknown, string]>([
  [['target', 'payload', 'include'], names(1_001), 'at most 1000 entries'],
  [['target', 'payload', 'exclude'], names(1_001), 'at most 1000 entries'],
  [['target', 'payload', 'rename'], objectOf(1_001, 'to'), 'at most 1000 entries'],
  [['vectors'], objectOf(129, { keep: '' }), 'at most 128 entries'],
  [['source', 'vectors'], objectOf(129, { model: 'hash/16', text: '{{body}}' }), 'at most 128 entries'],
  [['models'], Object.fromEntries(names(129).map((name) => [`hash/${name}`, {}])), 'at most 128 entries'],
  [['search', 'old', 'prefetch'], Array(129).fill({ using: '' }), 'at most 128 entries'],
])('%j has a limit, which is said instead of what is in it', (path, given, limit) => {
  expect(() => parseSpec(withValue(usual, path, given))).toThrow(limit);
});
