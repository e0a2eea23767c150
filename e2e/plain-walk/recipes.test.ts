import type { SpecInput } from '@reembed/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { differences, type Expected, hashed } from '../support/compare-collections.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { createSource, type IdKind, plainVector, somePoints } from '../support/source-collection.ts';

type Payload = Record<string, unknown>;
const text = '{{title}}\n\n{{body}}';
const rendered = ({ title, body }: Payload) => `${title}\n\n${body}`;
const embed = (dimensions: number) => ({ embed: { model: `hash/${dimensions}`, text } });
const dense = (size: number, distance = 'Cosine') => ({ size, distance });
const other = (n: number) => JSON.stringify([n % 11, 1, 0.25]);
const sparse = (n: number) => `{"indices":[${n % 50},${50 + (n % 1000)}],"values":[0.5,${1 + (n % 4)}]}`;

type Row = {
  readonly what: string;
  readonly ids: IdKind;
  readonly source: object;
  readonly vector: (n: number) => string;
  readonly vectors: SpecInput['vectors'];
  readonly expected: Readonly<Record<string, Expected>>;
};

const rows: readonly Row[] = [
  {
    what: 'unnamed to unnamed',
    ids: 'integers',
    source: { vectors: dense(4) },
    vector: plainVector,
    vectors: { '': embed(64) },
    expected: { '': hashed(64, rendered) },
  },
  {
    what: 'unnamed to named',
    ids: 'uuids',
    source: { vectors: dense(4) },
    vector: plainVector,
    vectors: { large: embed(96) },
    expected: { large: hashed(96, rendered) },
  },
  {
    what: 'named to unnamed',
    ids: 'mixed',
    source: { vectors: { small: dense(4) } },
    vector: (n) => `{"small":${plainVector(n)}}`,
    vectors: { '': embed(64) },
    expected: { '': hashed(64, rendered) },
  },
  {
    what: 'several named, two embedded and two kept, one of them under another name',
    ids: 'mixed',
    source: { vectors: { small: dense(4), other: dense(3, 'Euclid') } },
    vector: (n) => `{"small":${plainVector(n)},"other":${other(n)}}`,
    vectors: { first: embed(64), second: embed(32), small: { keep: 'small' }, renamed: { keep: 'other' } },
    expected: { first: hashed(64, rendered), second: hashed(32, rendered), small: { keep: 'small' }, renamed: { keep: 'other' } },
  },
  {
    what: 'the old unnamed vector kept beside a new named one',
    ids: 'integers',
    source: { vectors: dense(4, 'Dot') },
    vector: plainVector,
    vectors: { '': { keep: '' }, new: embed(64) },
    expected: { '': { keep: '' }, new: hashed(64, rendered) },
  },
  {
    what: 'a sparse vector kept beside an embedded one',
    ids: 'uuids',
    source: { vectors: dense(4), sparse_vectors: { words: {} } },
    vector: (n) => `{"":${plainVector(n)},"words":${sparse(n)}}`,
    vectors: { '': embed(64), words: { keep: 'words' } },
    expected: { '': hashed(64, rendered), words: { keep: 'words' } },
  },
  {
    what: 'kept only, unnamed to named',
    ids: 'mixed',
    source: { vectors: dense(4) },
    vector: plainVector,
    vectors: { old: { keep: '' } },
    expected: { old: { keep: '' } },
  },
  {
    what: 'kept only, named to unnamed',
    ids: 'integers',
    source: { vectors: { small: dense(4, 'Manhattan'), other: dense(3) } },
    vector: (n) => (n % 10 === 0 ? `{"other":${other(n)}}` : `{"small":${plainVector(n)},"other":${other(n)}}`),
    vectors: { '': { keep: 'small' } },
    expected: { '': { keep: 'small' } },
  },
];

describe('every combination of embed and keep ends with a target that equals the source', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet({ workers: 2 });
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  test.concurrent.for(rows)('$what, $ids', async ({ ids, source: body, vector, vectors, expected }) => {
    const { http, api } = fleet;
    const [source, target] = [fleet.name('source'), fleet.name('target')];
    await createSource(http, source, body, somePoints(1_000, ids, vector));
    const { id } = await api.submit({
      name: target,
      source: { collection: source },
      target: { collection: target },
      vectors,
      copy: { rangePoints: 300, pagePoints: 70 },
    });
    const { verification, progress } = await api.until(id, 'ready');
    expect(verification).toMatchObject({ sourcePoints: 1_000, targetPoints: 1_000, compared: 1_000, findings: [] });
    expect(progress).toMatchObject({ setAside: 0, ranges: { total: 4, done: 4, failed: 0, splitDone: true } });
    expect(await differences({ http, source, target, vectors: expected })).toEqual([]);
  });

  test.concurrent.for([0, 1])('a collection of %i points', async (count) => {
    const { http, api } = fleet;
    const [source, target] = [fleet.name('source'), fleet.name('target')];
    await createSource(http, source, { vectors: dense(4) }, somePoints(count));
    const { id } = await api.submit({
      name: target,
      source: { collection: source },
      target: { collection: target },
      vectors: { '': embed(64) },
    });
    const { verification } = await api.until(id, 'ready');
    expect(verification).toMatchObject({ sourcePoints: count, targetPoints: count, findings: [] });
    expect(await differences({ http, source, target, vectors: { '': hashed(64, rendered) } })).toEqual([]);
  });
});
