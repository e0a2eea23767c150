import type { PointId } from '@reembed/contracts';
import { pointIdToJson } from './point.ts';

/** Ids by value: two objects that name the same point are one. */
export type PointIdSet = {
  readonly size: number;
  has(id: PointId): boolean;
  add(id: PointId): void;
};

export function pointIdSet(ids: Iterable<PointId> = []): PointIdSet {
  const spelt = new Set([...ids].map(pointIdToJson));
  return {
    get size() {
      return spelt.size;
    },
    has: (id) => spelt.has(pointIdToJson(id)),
    add: (id) => {
      spelt.add(pointIdToJson(id));
    },
  };
}

/** The ids of items that have one, as a set. */
export function idsOf(items: readonly { readonly id: PointId }[]): PointIdSet {
  return pointIdSet(items.map(({ id }) => id));
}

/** Items by their id; of two with the same id the later one. */
export type PointIdMap<Item> = { get(id: PointId): Item | undefined; values(): Item[] };

export function byId<Item extends { readonly id: PointId }>(items: readonly Item[]): PointIdMap<Item> {
  const found = new Map(items.map((item) => [pointIdToJson(item.id), item]));
  return { get: (id) => found.get(pointIdToJson(id)), values: () => [...found.values()] };
}
