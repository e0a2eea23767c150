import { jsonText } from '../json/json-text.ts';
import type { JsonValue } from '../json/json-value.ts';
import { type JsonPath, valuesAt } from '../payload/json-path.ts';
import type { Collection } from '../storage/collection.ts';
import type { QueryHit } from './run-query.ts';

/** `id` is the JSON text of the value the hits share. */
export type HitGroup = { id: string; hits: QueryHit[] };

/** Groups hits, best first, by the strings and integers at a payload path (a point with several is in several groups). Points without one are left out. */
export function groupHits(
  collection: Collection,
  hits: QueryHit[],
  { path, limit, size }: { path: JsonPath; limit: number; size: number },
): HitGroup[] {
  const groups = new Map<string, QueryHit[]>();
  for (const hit of hits) {
    for (const id of new Set(valuesAt(collection.field(hit.slot, path.first), path).flatMap(groupIds))) {
      const group = groups.get(id) ?? [];
      if (!groups.has(id) && groups.size < limit) groups.set(id, group);
      if (group.length < size) group.push(hit);
    }
  }
  return [...groups].map(([id, grouped]) => ({ id, hits: grouped }));
}

function groupIds(value: JsonValue): string[] {
  if (Array.isArray(value)) return value.flatMap(groupIds);
  return typeof value === 'string' || typeof value === 'bigint' ? [jsonText(value)] : [];
}
