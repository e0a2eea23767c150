import { type Resolved, type SpecInput, specSchema } from '@reembed/contracts';
import { buildMigration, createFakeCatalogue, createFakeEmbedder } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { nextStep } from '../commands/next-step.ts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import type { ModelRecord } from '../ports/embedder.ts';
import { queryChange, sameSpace } from './query-change.ts';

const embed = { embed: { model: 'fake/4', text: '{{body}}' } };
const words = { bm25: { text: '{{body}}' } };
const keep = (name: string) => ({ keep: name });

type Case = {
  readonly source: Resolved['sourceVectors'];
  readonly vectors: SpecInput['vectors'];
  readonly spec?: Partial<SpecInput>;
  /** Of the source. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Whether a query as today finds what it looks for, once the alias has moved. */
  readonly stays: boolean;
  readonly says: readonly RegExp[];
  readonly not?: RegExp;
};

const cases: Record<string, Case> = {
  'kept, and another beside it': {
    ...{ source: { '': 3 }, vectors: { '': keep(''), new: embed }, stays: true },
    says: [
      /^Embed queries with fake\/4 with 4 dimensions and search "docs" with `using: "new"`/,
      /^Queries of "" \(unnamed\) stay as they are/,
    ],
  },
  'kept under another name': {
    ...{ source: { '': 3 }, vectors: { old: keep(''), new: embed }, stays: false },
    says: [/"" \(unnamed\) is there as "old": queries of it go on with `using: "old"`. As it is today, a query of it fails there/],
    not: /stay as they are/,
  },
  'kept under another name, its own taken by a vector of other dimensions': {
    ...{ source: { '': 3 }, vectors: { old: keep(''), '': embed }, stays: false },
    says: [
      /is there as "old".*"" \(unnamed\) is another vector: as it is today, a query of it fails there: it has 3 dimensions, and 4 are wanted/,
    ],
    not: /stay as they are/,
  },
  'kept under another name, its own taken by a vector of equal dimensions': {
    ...{ source: { '': 4 }, vectors: { old: keep(''), '': embed }, stays: false },
    says: [/is another vector: as it is today, a query of it finds the wrong points there and says no word/],
    not: /stay as they are/,
  },
  'made anew under its own name, with other dimensions': {
    ...{ source: { '': 3 }, vectors: { '': embed }, stays: false },
    says: [
      /another vector under the same name: as it is today, a query of it fails there: it has 3 dimensions, and 4 are wanted.*same moment as the alias/,
    ],
    not: /stay as they are/,
  },
  'made anew under its own name, with equal dimensions': {
    ...{ source: { '': 4 }, vectors: { '': embed }, stays: false },
    says: [/under the same name: as it is today, a query of it finds the wrong points there and says no word/],
    not: /stay as they are/,
  },
  'made anew by the model that made it, of another text': {
    ...{ source: { '': 4 }, vectors: { '': embed }, stays: true },
    spec: { source: { collection: 'docs_v1', vectors: { '': { model: 'fake/4', text: '{{title}}' } } } },
    says: [/Queries of "" \(unnamed\) stay as they are/],
  },
  'made anew by the model that made it, as the collection itself says': {
    ...{ source: { '': 4 }, vectors: { '': embed }, stays: true },
    metadata: { reembed: { vectors: { '': { model: 'fake/4', dimensions: 4, text: '{{title}}' } } } },
    says: [/Queries of "" \(unnamed\) stay as they are/],
  },
  'made anew by another model of the same space': {
    ...{ source: { '': 4 }, vectors: { '': embed }, stays: true },
    spec: { source: { collection: 'docs_v1', vectors: { '': { model: 'fake/kin', text: '{{title}}' } } } },
    says: [/Queries of "" \(unnamed\) stay as they are/],
  },
  'made anew by the model that made it, with other dimensions': {
    ...{ source: { '': 2 }, vectors: { '': embed }, stays: false },
    spec: { source: { collection: 'docs_v1', vectors: { '': { model: 'fake/4', text: '{{title}}' } } } },
    says: [/fails there: it has 2 dimensions, and 4 are wanted/],
  },
  'a dense one made anew under its own name, a sparse one kept': {
    ...{ source: { '': 3, words: null }, vectors: { '': embed, words: keep('words') }, stays: false },
    says: [/"" \(unnamed\) is another vector under the same name/, /Queries of "words" stay as they are/],
    not: /unnamed\) stay/,
  },
  'the same, asked by the sparse one alone': {
    ...{ source: { '': 3, words: null }, vectors: { '': embed, words: keep('words') }, stays: true },
    spec: { search: { old: { using: 'words' } } },
    says: [/"" \(unnamed\) is another vector under the same name/],
  },
  'a hybrid whose words are made anew': {
    ...{ source: { '': 3, words: null }, vectors: { '': keep(''), words }, stays: false },
    spec: { search: { old: { prefetch: [{ using: '' }, { using: 'words' }], fusion: 'rrf' } } },
    says: [/"words" is another vector under the same name: as it is today, a query of it finds the wrong points/],
  },
  'dense kept, words added': {
    ...{ source: { '': 3 }, vectors: { '': keep(''), words }, stays: true },
    says: [/Search the words of "docs"/, /Queries of "" \(unnamed\) stay as they are/],
  },
  'left out': {
    ...{ source: { '': 3, title: 3 }, vectors: { title: keep('title'), new: embed }, stays: false },
    says: [/The old vector "" \(unnamed\) is not in the target: a query of it fails there/, /Queries of "title" stay/],
  },
  'left out, and not asked': {
    ...{ source: { '': 3, title: 3 }, vectors: { '': keep(''), new: embed }, stays: true },
    says: [/The old vector "title" is not in the target/],
  },
  'named only, where the search does not say which is asked: one left out is enough': {
    ...{ source: { a: 3, b: 3 }, vectors: { a: keep('a'), new: embed }, stays: false },
    says: [/The old vector "b" is not in the target/],
  },
  'named only, and kept': {
    ...{ source: { a: 3 }, vectors: { a: keep('a'), new: embed }, stays: true },
    says: [/Queries of "a" stay as they are/],
  },
  'cut under its own name': {
    ...{ source: { '': 4 }, vectors: { '': { truncate: { vector: '', dimensions: 2 } } }, stays: false },
    says: [/as it is today, a query of it fails there: it has 4 dimensions, and 2 are wanted/],
  },
  'a sparse name that becomes dense': {
    ...{ source: { '': 3, words: null }, vectors: { '': keep(''), words: embed }, stays: true },
    says: [/"words" is another vector under the same name: as it is today, a query of it fails there\. It has to change/],
  },
  'two vectors that swap their names': {
    ...{ source: { a: 3, b: 3 }, vectors: { a: keep('b'), b: keep('a') }, stays: false },
    says: [/"a" is there as "b": queries of it go on with `using: "b"`. "a" is another vector.*finds the wrong points/],
    not: /stay as they are/,
  },
  'made anew by its own model, said to want another prefix of queries': {
    ...{ source: { '': 4 }, vectors: { '': { embed: { model: 'fake/4', text: '{{title}}' } } }, stays: false },
    metadata: { reembed: { vectors: { '': { model: 'fake/4', dimensions: 4, text: '{{body}}', said: { queryPrefix: 'q: ' } } } } },
    spec: { models: { 'fake/4': { queryPrefix: 'query: ' } } },
    says: [/under the same name: as it is today, a query of it finds the wrong points there and says no word/],
    not: /stay as they are/,
  },
  'made anew by its own model, of which the same is said as when it was made': {
    ...{ source: { '': 4 }, vectors: { '': { embed: { model: 'fake/4', text: '{{title}}' } } }, stays: true },
    metadata: { reembed: { vectors: { '': { model: 'fake/4', dimensions: 4, text: '{{body}}', said: { queryPrefix: 'q: ' } } } } },
    spec: { models: { 'fake/4': { queryPrefix: 'q: ' } } },
    says: [/^Queries of "" \(unnamed\) stay as they are/],
  },
  'in place': {
    ...{ source: { '': 3 }, vectors: { new: embed }, stays: true },
    spec: { target: { collection: 'docs_v1', inPlace: true } },
    says: [/Every vector that was there stays, and queries of it stay as they are/],
  },
};

function collectionOf(source: Case['source'], metadata: Readonly<Record<string, unknown>>): CollectionInfo {
  const dense = Object.entries(source).flatMap(([name, size]) => (size === null ? [] : [[name, { size, distance: 'Cosine' }]]));
  return { vectors: Object.fromEntries(dense), metadata } as unknown as CollectionInfo;
}

describe('the words about queries', () => {
  it.each(Object.entries(cases))(
    'are right for a vector that is %s',
    (_, { source, vectors, spec = {}, metadata = {}, says, not, stays }) => {
      const given = specSchema.parse({
        name: 'docs',
        source: { collection: 'docs_v1' },
        target: { collection: 'docs_v2', alias: 'docs' },
        vectors,
        ...spec,
      });
      const space = { space: 'one' } as ModelRecord;
      const catalogue = createFakeCatalogue([createFakeEmbedder()], {}, { 'fake/4': space, 'fake/kin': space });
      const known = { sourceVectors: source, sameSpace: sameSpace(given, catalogue, collectionOf(source, metadata)) };
      const sentences = queryChange({ spec: given, catalogue, adapters: {}, ...known });
      for (const said of says) expect(sentences).toContainEqual(expect.stringMatching(said));
      if (not !== undefined) expect(sentences.join('\n')).not.toMatch(not);
      if (given.target.inPlace) return;
      // The next step says the same.
      const { resolved } = buildMigration();
      const witness = { '': { model: 'fake/4', dimensions: 4, vectors: [] } };
      const ready = buildMigration({ phase: 'ready', spec: given, resolved: { ...resolved, ...known }, witness });
      const none = { setAside: 0, accepted: 0 };
      expect(nextStep(ready, none)).toMatch(stays ? /Queries stay as they are while the alias moves: / : /Change the query side, then: /);
      const observing = nextStep({ ...ready, phase: 'observing' }, none);
      if (!stays) expect(observing).not.toMatch(/[Qq]ueries (of .*)?(stay|work) as/);
    },
  );
});
