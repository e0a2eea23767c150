import { createSeededRandom } from '@reembed/core';

/** One stream of decisions; streams of different names never disturb each other. */
export type Random = {
  /** In [0, 1). */
  next(): number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  chance(share: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
};

export function createRandom(seed: number, stream: string): Random {
  let mixed = seed | 0;
  for (const char of stream) mixed = Math.imul(mixed ^ (char.codePointAt(0) ?? 0), 0x01000193);
  const next = createSeededRandom(mixed);
  const between = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    between,
    chance: (share) => next() < share,
    pick(items) {
      const item = items[between(0, items.length - 1)];
      if (item === undefined) throw new Error('there is nothing to pick from');
      return item;
    },
  };
}
