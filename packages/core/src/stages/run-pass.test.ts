import { createFakeState } from '@reembed/testkit';
import { describe, expect, it, vi } from 'vitest';
import { comparePointIds } from '../domain/point.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';
import { runPass } from './run-pass.ts';

async function copying(count: number) {
  const on = await startFleet({ points: docs(count) });
  await on.submit(buildSpec({ copy: { rangePoints: 1, pagePoints: 1 } }));
  return { ...on, migration: await on.until('copying') };
}

describe('runPass', () => {
  it('takes no pass for ended that a Redis which came back older has forgotten in that very moment', async () => {
    const on = await copying(3);
    const { summary } = createFakeState().ranges;
    expect(await runPass({ ...on.deps, ranges: { ...on.deps.ranges, summary } }, on.migration, 'copy')).toMatchObject({ kind: 'again' });
  });

  it('forgets what passes before have counted, so that following a source for weeks fills no Redis', async () => {
    const on = await startFleet({ points: docs(3) });
    await on.submit();
    await on.settle();
    const numbers = [];
    for (let n = 0; n < 6; n++) {
      await on.follow();
      numbers.push((await on.load()).lastPassNumber);
    }
    const counted = await Promise.all(numbers.map((number) => on.state.ranges.summary('m1', number)));
    expect(counted.filter(({ points }) => points > 0).length).toBeLessThanOrEqual(2);
  });

  it('queues a bounded window, and more as the queue empties', async () => {
    const on = await copying(2_000);
    await runPass(on.deps, on.migration, 'copy');
    expect(on.state.rangeQueue.jobs).toHaveLength(1_000);
    await runPass(on.deps, await on.load(), 'copy');
    expect(on.state.rangeQueue.jobs).toHaveLength(1_000);
    expect((await on.state.ranges.split('m1')).nextSeq).toBe(1_000);
  });

  it('scans the next ranges while it stores some, more and more of them together, and no further than its window', async () => {
    const on = await copying(2_000);
    let scanned = 0;
    const together: number[] = [];
    const { points, ranges } = on.deps;
    const scrollIds: typeof points.scrollIds = (...asked) => {
      scanned += 1;
      return points.scrollIds(...asked);
    };
    const append: typeof ranges.append = async (id, seq, stored, split) => {
      together.push(stored.length);
      const next = Math.min(1_000, seq + stored.length + Math.min(16, stored.length * 2));
      await vi.waitFor(() => expect(scanned).toBeGreaterThanOrEqual(next));
      return ranges.append(id, seq, stored, split);
    };
    await runPass({ ...on.deps, points: { ...points, scrollIds }, ranges: { ...ranges, append } }, on.migration, 'copy');
    expect(together.slice(0, 6)).toEqual([1, 2, 4, 8, 16, 16]);
    expect(scanned).toBe(1_000);
  });

  it('leaves a look where another coordinator has come further, and queues nothing that it did not store', async () => {
    const on = await copying(5);
    const { ranges } = on.deps;
    const tried: number[] = [];
    const append: typeof ranges.append = async (_, seq) => {
      tried.push(seq);
      return false;
    };
    await runPass({ ...on.deps, ranges: { ...ranges, append } }, on.migration, 'copy');
    expect(tried).toEqual([0]);
    expect(on.state.rangeQueue.jobs).toEqual([]);
  });

  it('tiles the whole id space, the first range without a start and the last without an end', async () => {
    const on = await copying(7);
    await runPass(on.deps, on.migration, 'copy');
    const { nextSeq, done } = await on.state.ranges.split('m1');
    const ranges = await Promise.all(Array.from({ length: nextSeq }, (_, seq) => on.state.ranges.claim('m1', 9, seq, 'h')));
    expect(done).toBe(true);
    expect([ranges[0]?.start, ranges.at(-1)?.end]).toEqual([null, null]);
    ranges.slice(1).forEach((range, before) => {
      expect(range?.start).toEqual(ranges[before]?.end);
      if (range?.start && range.end) expect(comparePointIds(range.start, range.end)).toBeLessThan(0);
    });
  });

  it('says that no worker runs where none does, and not of one that computes for so long that it gives no sign of life', async () => {
    const on = await copying(3);
    on.state.fleet.count = 0;
    expect(await runPass(on.deps, on.migration, 'copy')).toMatchObject({
      waiting: { kind: 'worker', reason: expect.stringContaining('none is running') },
    });
    const computing = { ...on.deps, rangeQueue: { ...on.deps.rangeQueue, active: async () => 1 } };
    expect(await runPass(computing, await on.load(), 'copy')).not.toHaveProperty('waiting');
  });

  it('counts no time as worked while no worker runs', async () => {
    const on = await copying(3);
    const noted: number[] = [];
    const ranges = { ...on.deps.ranges, noteWork: async (_id: string, pass: number) => void noted.push(pass) };
    on.state.fleet.count = 0;
    await runPass({ ...on.deps, ranges }, on.migration, 'copy');
    expect(noted).toEqual([]);
    on.state.fleet.count = 1;
    await runPass({ ...on.deps, ranges }, await on.load(), 'copy');
    expect(noted).toEqual([1]);
  });

  it('has one open range for an empty collection, which takes points born later', async () => {
    const on = await copying(0);
    await runPass(on.deps, on.migration, 'copy');
    on.stores.put('docs_v1', docs(3));
    await on.work();
    expect(await runPass(on.deps, await on.load(), 'copy')).toMatchObject({ kind: 'again' });
    await on.step();
    await on.work();
    expect(await on.state.ranges.summary('m1', 1)).toMatchObject({ total: 1, done: 1, points: 3 });
  });

  it('makes the queue known before the pass counts as begun, so that no crash can leave it unknown', async () => {
    const on = await copying(3);
    on.state.rangeQueue.announced.clear();
    const announce = async () => Promise.reject(new Error('killed'));
    await expect(runPass({ ...on.deps, rangeQueue: { ...on.deps.rangeQueue, announce } }, on.migration, 'copy')).rejects.toThrow('killed');
    await runPass(on.deps, await on.load(), 'copy');
    expect(on.state.rangeQueue.announced.has('m1')).toBe(true);
  });

  it('counts as its time only what it is worked on, not what it rests', async () => {
    const on = await copying(3);
    for (const restMs of [200, 3_600_000, 200]) {
      await runPass(on.deps, await on.load(), 'copy');
      on.clock.advance(restMs);
    }
    expect((await on.state.ranges.summary('m1', 1)).workedMs).toBe(200 + 2_000);
  });

  it('queues again what is open and was lost from the queue', async () => {
    const on = await copying(3);
    await runPass(on.deps, on.migration, 'copy');
    on.state.rangeQueue.jobs.length = 0;
    await runPass(on.deps, await on.load(), 'copy');
    expect(on.state.rangeQueue.jobs).toHaveLength(3);
  });

  it('names the ranges that were given up, once all have ended', async () => {
    const on = await copying(3);
    await runPass(on.deps, on.migration, 'copy');
    const { pass } = await on.load();
    const number = pass?.number ?? 0;
    await on.state.ranges.claim('m1', number, 1, 'h');
    await on.state.ranges.giveUp('m1', number, 1, 'h', { code: 'qdrant-refused', message: 'odd' });
    expect(await runPass(on.deps, await on.load(), 'copy')).toMatchObject({ kind: 'again' });
    for (const seq of [0, 2]) {
      await on.state.ranges.claim('m1', number, seq, 'h');
      await on.state.ranges.finish('m1', number, seq, 'h', { points: 1 });
    }
    await expect(runPass(on.deps, await on.load(), 'copy')).rejects.toMatchObject({
      code: 'qdrant-refused',
      message: '1 range(s) were given up, for instance range 1: odd; mend the cause, then resume',
    });
  });

  it('makes larger ranges of a very large collection, at most fifty thousand', async () => {
    const on = await copying(3);
    const asked: number[] = [];
    const scrollIds: typeof on.deps.points.scrollIds = async (collection, request) => {
      asked.push(request.limit);
      return on.deps.points.scrollIds(collection, request);
    };
    const count = async () => 200_000_001;
    const deps = { ...on.deps, points: { ...on.deps.points, scrollIds }, collections: { ...on.deps.collections, count } };
    await runPass(deps, on.migration, 'copy');
    expect(asked).toEqual([4_001]);
  });
});
