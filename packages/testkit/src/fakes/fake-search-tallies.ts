import { flatTally, tallyOf } from '@reembed/contracts';
import type { SearchTallies } from '@reembed/core';

/** In memory. */
export function createFakeSearchTallies(): SearchTallies {
  const kept = new Map<string, Record<string, number>>();
  return {
    async add(id, found) {
      const before = kept.get(id) ?? {};
      kept.set(id, Object.fromEntries(Object.entries(flatTally(found)).map(([field, value]) => [field, value + (before[field] ?? 0)])));
    },
    async load(id) {
      const flat = kept.get(id);
      return flat === undefined ? null : tallyOf(flat);
    },
    forget: async (id) => void kept.delete(id),
  };
}
