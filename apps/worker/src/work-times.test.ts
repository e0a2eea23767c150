import { type EmbedContext, embedTexts, noTimes, type WorkTimes } from '@reembed/core';
import { buildMigration, createFakeClock, createFakeEmbedder, createFakeState, createFakeStores } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { createStopwatch, createTimesTeller, timeModels, timeRoad } from './work-times.ts';

function at() {
  const clock = { ms: 0, monotonicMs: () => clock.ms };
  return clock;
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a stopwatch', () => {
  it('counts calls of one part that overlap once, and those of another part beside them', async () => {
    const clock = at();
    const stopwatch = createStopwatch(clock);
    const [first, second, read] = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    void stopwatch.during('qdrant', () => first.promise);
    clock.ms = 10;
    void stopwatch.during('qdrant', () => second.promise);
    void stopwatch.during('source', () => read.promise);
    clock.ms = 30;
    first.resolve();
    read.resolve();
    await settled();
    clock.ms = 50;
    second.resolve();
    await settled();
    clock.ms = 100;
    expect(stopwatch.take()).toMatchObject({ inHand: 100, qdrant: 50, source: 20, provider: 0 });
  });

  it('counts of what is still under way what has gone by, and the rest later', async () => {
    const clock = at();
    const stopwatch = createStopwatch(clock);
    const asked = Promise.withResolvers<void>();
    const answer = stopwatch.during('provider', () => asked.promise);
    clock.ms = 40;
    expect(stopwatch.take()).toMatchObject({ inHand: 40, provider: 40 });
    clock.ms = 50;
    asked.reject(new Error('it is busy'));
    await expect(answer).rejects.toThrow('it is busy');
    clock.ms = 70;
    expect(stopwatch.take()).toMatchObject({ inHand: 30, provider: 10 });
  });

  it('tells reads of the source from what is asked of another collection', async () => {
    const stores = createFakeStores();
    await stores.collections.create('old', { vectors: {} });
    await stores.collections.create('new', { vectors: {} });
    const clock = at();
    const stopwatch = createStopwatch(clock);
    const built = buildMigration({ target: 'new' });
    const migration = { ...built, resolved: { ...built.resolved, source: 'old' } };
    const slow = {
      ...stores.points,
      scroll: async (...asked: Parameters<typeof stores.points.scroll>) => {
        clock.ms += 5;
        return stores.points.scroll(...asked);
      },
    };
    const { points, carrier } = timeRoad({ points: slow, carrier: null }, migration, stopwatch);
    const page = { offset: null, limit: 1, payload: false, vectors: [] };
    await points.scroll('old', page);
    await points.scroll('old', page);
    await points.scroll('new', page);
    expect(carrier).toBeNull();
    expect(stopwatch.take()).toMatchObject({ source: 10, qdrant: 5 });
  });
});

describe('what a process tells of times', () => {
  it('is told every two seconds, of all ranges together, and hangs on nothing', async () => {
    const clock = at();
    const told: WorkTimes[] = [];
    const noteTimes = async (_id: string, times: WorkTimes) => {
      told.push(times);
      throw new Error('Redis is away');
    };
    const tell = createTimesTeller({ noteTimes }, clock);
    tell('m', { ...noTimes, inHand: 100, source: 50 });
    clock.ms = 1_999;
    tell('m', { ...noTimes, inHand: 100, source: 50 });
    expect(told).toEqual([]);
    clock.ms = 2_000;
    tell('m', { ...noTimes, inHand: 100, source: 50 });
    expect(told).toEqual([{ ...noTimes, inHand: 300, source: 150 }]);
    tell('m', { ...noTimes, inHand: 1 });
    expect(told).toHaveLength(1);
    await settled();
  });
});

it('counts the wait for a request that another page sends as one for the provider', async () => {
  const clock = at();
  const stopwatch = createStopwatch(clock);
  const answer = Promise.withResolvers<never>();
  const clocked = createFakeClock();
  const context: EmbedContext = {
    ...{ embedder: createFakeEmbedder(), dimensions: undefined, clock: clocked, signal: new AbortController().signal },
    budget: createFakeState({ clock: clocked }).rateBudget,
    shared: { embed: () => answer.promise },
  };
  const { v: timed } = timeModels({ v: context }, stopwatch);
  if (timed === undefined) throw new Error('there is no context');
  const waiting = embedTexts(timed, ['a text']);
  await settled();
  clock.ms = 40;
  expect(stopwatch.take()).toMatchObject({ inHand: 40, provider: 40 });
  answer.reject(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
});
