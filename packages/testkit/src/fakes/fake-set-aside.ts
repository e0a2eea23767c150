import type { Failure } from '@reembed/contracts';
import { comparePointIds, type EntryChoice, pointIdToJson, type SetAside } from '@reembed/core';

/** Points that are set aside, in memory. */
export function createFakeSetAside(): SetAside {
  const byMigration = new Map<string, Map<string, Failure>>();
  const of = (id: string) => {
    const found = byMigration.get(id) ?? new Map<string, Failure>();
    byMigration.set(id, found);
    return found;
  };
  return {
    async put(id, entries) {
      for (const entry of entries) {
        const known = of(id).get(pointIdToJson(entry.id));
        if (known?.payloadHash !== entry.payloadHash) of(id).set(pointIdToJson(entry.id), { ...entry, accepted: false });
      }
    },
    async remove(id, points) {
      for (const point of points) of(id).delete(pointIdToJson(point));
    },
    async count(id) {
      const accepted = [...of(id).values()].filter((failure) => failure.accepted).length;
      return { open: of(id).size - accepted, accepted };
    },
    async page(id, cursor, limit) {
      const from = Number(cursor ?? 0);
      const sorted = [...of(id).values()].sort((a, b) => comparePointIds(a.id, b.id));
      return { entries: sorted.slice(from, from + limit), next: from + limit < sorted.length ? String(from + limit) : null };
    },
    among: async (id, points) => points.flatMap((point) => of(id).get(pointIdToJson(point)) ?? []),
    async accept(id, choice) {
      for (const failure of chosen(of(id), choice)) of(id).set(pointIdToJson(failure.id), { ...failure, accepted: true });
    },
    async retry(id, choice) {
      for (const failure of chosen(of(id), choice)) of(id).delete(pointIdToJson(failure.id));
    },
    async clear(id) {
      byMigration.delete(id);
    },
  };
}

function chosen(entries: ReadonlyMap<string, Failure>, choice: EntryChoice): Failure[] {
  const all = [...entries.values()];
  if ('code' in choice) return all.filter(({ code }) => code === choice.code);
  return 'ids' in choice ? choice.ids.flatMap((id) => entries.get(pointIdToJson(id)) ?? []) : all;
}
