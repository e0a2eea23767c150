import type { Finding } from '@reembed/contracts';
import type { Migration } from './migration.ts';
import type { Listed, Ranges } from './ports/state.ts';

/**
 * Late writes one by one, from position `from`: all that the look back listed, or, where Redis has been lost since, those that the
 * target's metadata names.
 */
export async function listLateWrites(
  ranges: Pick<Ranges, 'listed'>,
  { id, lookBackPass, lateWrites }: Migration,
  from: number,
  limit: number,
): Promise<readonly Listed[]> {
  if (lookBackPass !== null) return ranges.listed(id, lookBackPass, from, limit);
  return lateWrites.flatMap(({ kind, ids }) => ids.map((late) => ({ kind, id: late }))).slice(from, from + limit);
}

/** What is open once the missing have been inserted: all other kinds, and missing ones whose ids were lost with Redis. */
export function openAfterInserting({ lookBackPass, lateWrites }: Migration): Finding[] {
  return lateWrites.flatMap((finding) => {
    if (finding.kind !== 'missing') return [finding];
    const unknown = lookBackPass === null ? finding.count - finding.ids.length : 0;
    return unknown > 0 ? [{ ...finding, count: unknown, ids: [] }] : [];
  });
}
