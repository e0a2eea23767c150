import { describe, expect, it } from 'vitest';
import { createSlots, type SlotQueue, shareSlots } from './slots.ts';

const never = new AbortController().signal;

describe('slots', () => {
  it('lets in as many as fit, and the next when one leaves, in the order they came', async () => {
    const slots = createSlots(2);
    const entered: number[] = [];
    const leave = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
    const all = leave.map(({ promise }, n) =>
      slots.inside(never, () => {
        entered.push(n);
        return promise.then(() => n);
      }),
    );
    await Promise.resolve();
    expect(entered).toEqual([0, 1]);
    leave[1]?.resolve();
    await all[1];
    expect(entered).toEqual([0, 1, 2]);
    for (const { resolve } of leave) resolve();
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3]);
  });

  it('turns away who aborts while waiting, and lets the next one in', async () => {
    const slots = createSlots(1);
    const busy = Promise.withResolvers<void>();
    const first = slots.inside(never, () => busy.promise);
    const stop = new AbortController();
    const second = slots.inside(stop.signal, async () => 'second');
    const third = slots.inside(never, async () => 'third');
    stop.abort();
    expect(await second).toBeNull();
    busy.resolve();
    await first;
    expect(await third).toBe('third');
  });

  it('lets the next one in after work that threw', async () => {
    const slots = createSlots(1);
    const failed = slots.inside(never, () => Promise.reject(new Error('no')));
    await expect(failed).rejects.toThrow('no');
    expect(await slots.inside(never, async () => 1)).toBe(1);
  });
});

const queue = (id: string, streams: number, busy = true): SlotQueue => ({ id, streams, busy });

describe('shareSlots', () => {
  it.each<[string, number, SlotQueue[], Record<string, number>]>([
    ['gives an only queue all it may use', 8, [queue('a', 4)], { a: 4 }],
    ['gives an only queue no more than there is', 2, [queue('a', 4)], { a: 2 }],
    ['fills an only queue before it has work', 8, [queue('a', 4, false)], { a: 4 }],
    ['shares evenly', 6, [queue('a', 8), queue('b', 8)], { a: 3, b: 3 }],
    ['gives what one cannot use to the other', 8, [queue('a', 2), queue('b', 8)], { a: 2, b: 6 }],
    ['keeps one slot for an idle queue', 4, [queue('a', 8), queue('b', 8, false)], { a: 4, b: 1 }],
    ['gives each one where there are more queues than slots', 2, [queue('a', 8), queue('b', 8), queue('c', 8)], { a: 1, b: 1, c: 1 }],
    ['shares among none', 4, [], {}],
  ])('%s', (_, slots, queues, expected) => {
    expect(Object.fromEntries(shareSlots(slots, queues))).toEqual(expected);
  });
});
