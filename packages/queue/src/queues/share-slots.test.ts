import { describe, expect, it } from 'vitest';
import { type SlotQueue, shareSlots } from './share-slots.ts';

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
