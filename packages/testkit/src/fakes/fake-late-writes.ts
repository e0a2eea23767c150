import { type LateWrites, type Listed, pointIdToJson } from '@reembed/core';

/** Late writes, in memory. */
export function createFakeLateWrites(): LateWrites {
  const byMigration = new Map<string, Map<string, Listed>>();
  const of = (id: string) => [...(byMigration.get(id)?.values() ?? [])];
  return {
    async put(id, late) {
      const kept = byMigration.get(id) ?? new Map<string, Listed>();
      for (const one of late) kept.set(`${one.kind} ${pointIdToJson(one.id)}`, one);
      byMigration.set(id, kept);
    },
    async page(id, cursor, limit) {
      const [from, all] = [Number(cursor ?? 0), of(id)];
      return { lateWrites: all.slice(from, from + limit), next: from + limit < all.length ? String(from + limit) : null };
    },
    count: async (id, kind) => of(id).filter((one) => one.kind === kind).length,
    clear: async (id) => void byMigration.delete(id),
  };
}
