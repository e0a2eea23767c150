import { type SpecInput, specSchema } from '@reembed/contracts';
import { expect, it } from 'vitest';
import type { CollectionInfo } from '../../domain/collection-info.ts';
import { nextSearch } from './next-search.ts';

const embed = { embed: { model: 'fake/4', text: '{{body}}' } };
const words = { bm25: { text: '{{body}}' } };
const keep = (name: string) => ({ keep: name });
const hybridBefore = { old: { prefetch: [{ using: 'dense' }, { using: 'words' }], fusion: 'rrf' as const, limit: 20 } };

const source = { vectors: { '': {}, dense: {} }, sparseVectors: { words: {} } } as unknown as CollectionInfo;

it.each<[string, SpecInput['vectors'], SpecInput['search'], string | readonly [string, string]]>([
  ['kept', { '': keep('') }, {}, ''],
  ['kept under another name', { old: keep('') }, {}, 'old'],
  ['kept, the asked one after another', { dense: keep('dense'), old: keep('') }, {}, 'old'],
  ['kept, and one made beside it', { '': keep(''), new: embed }, {}, 'new'],
  ['made anew', { '': embed }, {}, ''],
  ['words alone', { words }, {}, 'words'],
  ['kept, words made beside it', { '': keep(''), words }, {}, ['', 'words']],
  ['kept under another name, words made beside it', { words, old: keep('') }, {}, ['old', 'words']],
  ['made anew, words made too', { words, new: embed }, {}, ['new', 'words']],
  ['made anew, words kept that nobody asked', { new: embed, words: keep('words') }, {}, 'new'],
  ['made anew, words kept that were asked', { new: embed, terms: keep('words') }, hybridBefore, ['new', 'terms']],
  ['both kept under other names', { a: keep('dense'), b: keep('words') }, hybridBefore, ['a', 'b']],
  ['cut', { '': { truncate: { vector: '', dimensions: 2 } } }, {}, ''],
])('where nobody says how applications will ask, of a collection whose vectors are %s', (_, vectors, search, asked) => {
  const spec = specSchema.parse({ name: 'x', source: { collection: 'a' }, target: { collection: 'b' }, vectors, search });
  const limit = spec.search.old.limit;
  const fused = (names: readonly string[]) => ({
    ...{ using: names[0], fusion: 'rrf', limit, filter: null },
    prefetch: names.map((using) => ({ using, limit: 50, filter: null })),
  });
  expect(nextSearch(spec, source)).toEqual(
    typeof asked === 'string' ? { using: asked, prefetch: [], fusion: null, limit, filter: null } : fused(asked),
  );
});
