import { type SearchProfile, type SpecInput, specSchema, type VectorOrigin } from '@reembed/contracts';
import { expect, it } from 'vitest';
import { searchSystems, vectorsOf } from './search-systems.ts';

const dense: VectorOrigin = { model: 'fake/4', dimensions: 4, text: '{{body}}' };
const bm25 = { language: 'english', stemmer: true, stopWords: null, k: 1.2, b: 0.75, avgLen: 4 };
const words: VectorOrigin = { model: 'qdrant/bm25', dimensions: 0, text: '{{body}}', bm25 };

function profile(search: NonNullable<NonNullable<SpecInput['search']>['new']>): SearchProfile {
  const vectors = { x: { keep: '' } };
  const spec = specSchema.parse({ name: 'x', source: { collection: 'a' }, target: { collection: 'b' }, vectors, search: { new: search } });
  if (spec.search.new === undefined) throw new Error('no profile');
  return spec.search.new;
}

it('asks every candidate list of a fused profile alone, under both filters', () => {
  const fused = profile({ prefetch: [{ using: 'e5', filter: { must: [1] } }, { using: 'words' }], fusion: 'rrf', filter: { must: [2] } });
  const systems = searchSystems(fused, { e5: dense, words });
  expect(systems.map(({ name, role, asked }) => [name, role, asked])).toEqual([
    ['"e5" alone (fake/4)', 'part', false],
    ['"words" alone (qdrant/bm25)', 'part', false],
    ['"e5" + "words", rrf', 'whole', true],
  ]);
  expect(systems.map((system) => system.profile.filter)).toEqual(['{"must":[{"must":[1]},{"must":[2]}]}', '{"must":[2]}', '{"must":[2]}']);
  expect(vectorsOf(fused, systems)).toEqual(['e5', 'words']);
});

it('names candidates that are ranked anew, and what ranks them', () => {
  const systems = searchSystems(profile({ using: 'big', prefetch: [{ using: 'small' }] }), { big: dense, small: dense });
  expect(systems.map(({ name }) => name)).toEqual(['"small" alone (fake/4)', '"small", ranked anew by "big"']);
});

it('adds BM25 and both fused where one dense vector is asked of a target that has BM25 too', () => {
  const systems = searchSystems(profile({ using: 'e5' }), { e5: dense, words });
  expect(systems.map(({ name, asked }) => [name, asked])).toEqual([
    ['"e5" alone (fake/4)', true],
    ['"words" alone (qdrant/bm25)', false],
    ['"e5" + "words", rrf', false],
  ]);
});

it.each([
  ['one dense vector', 'e5', { e5: dense }],
  ['BM25 alone', 'words', { e5: dense, words }],
])('has nothing to lay side by side for %s', (_, using, origins) => {
  expect(searchSystems(profile({ using }), origins)).toEqual([]);
});
