import { createFakeCatalogue, createFakeEmbedder } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import {
  judgeClock,
  judgeNoRedis,
  judgeProvider,
  judgeQdrant,
  judgeRedis,
  type QdrantFacts,
  type RedisFacts,
} from './judge-surroundings.ts';

const redis: RedisFacts = {
  version: '7.4.6',
  policy: 'noeviction',
  maxMemoryBytes: 0,
  usedMemoryBytes: 5e6,
  keepsEveryWrite: true,
  lastSave: 'ok',
  clockAheadMs: 0,
};
const qdrant: QdrantFacts = { version: '1.19.0', manageRefusal: null, binaryRefusal: null, diskPercent: 40, memoryPercent: 30, strict: [] };
const worst = (judged: readonly { state: string }[]) => judged.filter(({ state }) => state !== 'good').map(({ state }) => state);

describe('a Redis', () => {
  it('that keeps its writes and evicts nothing is good', () => expect(worst(judgeRedis(redis))).toEqual([]));
  it.each<[Partial<RedisFacts>, string, string]>([
    [{ policy: 'allkeys-lru' }, 'broken', 'maxmemory-policy noeviction'],
    [{ version: '5.0.7' }, 'broken', '6.2'],
    [{ keepsEveryWrite: false }, 'poor', 'appendonly yes'],
    [{ lastSave: 'err' }, 'broken', 'disk'],
    [{ maxMemoryBytes: 100, usedMemoryBytes: 90 }, 'poor', 'maxmemory'],
  ])('with %j is %s, and how to mend it is said', (change, state, mend) => {
    const found = judgeRedis({ ...redis, ...change }).filter((one) => one.state !== 'good');
    expect(found).toMatchObject([{ state, mend: expect.stringContaining(mend) }]);
  });
});

it('a Redis that is away is no fault where none is named and one can be started, and else is', () => {
  expect(judgeNoRedis('nobody listens there', true)).toMatchObject({ state: 'poor', mend: expect.stringContaining('REDIS_URL') });
  expect(judgeNoRedis('nobody listens there', false)).toMatchObject({ state: 'broken', says: 'nobody listens there' });
});

describe('a Qdrant', () => {
  it('of today with room is good', () => expect(worst(judgeQdrant(qdrant))).toEqual([]));
  it.each<[Partial<QdrantFacts>, string, string]>([
    [{ version: '1.15.4' }, 'broken', '1.16'],
    [{ version: '1.17.1' }, 'poor', '1.18'],
    [{ manageRefusal: 'forbidden' }, 'broken', 'least-rights'],
    [{ binaryRefusal: 'nothing answers on 6334' }, 'poor', 'QDRANT_GRPC_URL'],
    [{ diskPercent: 91 }, 'broken', 'more disk'],
    [{ strict: [{ collection: 'docs', limits: ['upsert_max_batchsize 10'] }] }, 'poor', 'plan'],
  ])('with %j is %s, and how to mend it is said', (change, state, mend) => {
    const found = judgeQdrant({ ...qdrant, ...change }).filter((one) => one.state !== 'good');
    expect(found).toMatchObject([{ state, mend: expect.stringContaining(mend) }]);
  });
});

it('a provider is good where it gives what its model has, and else says why', () => {
  const { facts: read, known } = createFakeCatalogue([createFakeEmbedder()], { dimensions: 64 });
  const facts = read(known()[0] ?? '');
  if (facts === null) throw new Error('the fake catalogue has lost its model');
  expect(judgeProvider({ facts, answered: { numbers: 64 } }).state).toBe('good');
  expect(judgeProvider({ facts, answered: { numbers: 32 } })).toMatchObject({ state: 'broken', says: expect.stringContaining('32') });
  expect(judgeProvider({ facts, answered: { failed: '401' } })).toMatchObject({ state: 'broken', says: expect.stringContaining('401') });
});

it.each([
  ['words', null, 122, 'good', 'answers with 61 words;'],
  ['rows', 96, 480, 'good', 'answers with 5 rows of 96 dimensions;'],
  ['rows', 96, 500, 'broken', 'rows of 500 numbers in all, where 96 dimensions are expected'],
  ['rows', null, 480, 'good', 'answers with 480 numbers in rows;'],
] as const)('what a model of %s gives is told by its shape', (shape, dimensions, numbers, state, says) => {
  const { facts: read, known } = createFakeCatalogue([createFakeEmbedder()]);
  const facts = read(known()[0] ?? '');
  if (facts === null) throw new Error('the fake catalogue has lost its model');
  const judged = judgeProvider({ facts: { ...facts, shape, dimensions }, answered: { numbers } });
  expect(judged).toMatchObject({ state, says: expect.stringContaining(says) });
});

it.each([
  [900, 'good'],
  [-1_900, 'good'],
  [-5_000, 'poor'],
  [60_000, 'broken'],
])('a clock that is %i ms ahead is %s', (aheadMs, state) => {
  expect(judgeClock('the clock of Redis', aheadMs).state).toBe(state);
});
