import type { Finding } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import type { Listed, Ranges } from '../ports/state.ts';

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

/** How many were known one by one only to a Redis that was lost. */
function unknownLateWrites({ lookBackPass, lateWrites }: Pick<Migration, 'lookBackPass' | 'lateWrites'>): number {
  return lookBackPass === null ? lateWrites.reduce((sum, { count, ids }) => sum + count - ids.length, 0) : 0;
}

/** The way out for those; empty where all are known. */
export function unknownLateWritesInWords(migration: Pick<Migration, 'lookBackPass' | 'lateWrites' | 'resolved' | 'spec'>): string {
  const unknown = unknownLateWrites(migration);
  const { resolved, spec } = migration;
  return unknown === 0
    ? ''
    : ` The ids of ${unknown} of them were lost with Redis: find them by your applications' own records, or by comparing the ids of "${resolved.source}" ` +
        `and "${spec.target.collection}" (one that is only in the first came late, or was deleted since); write what is missing to the new collection, then accept.`;
}

/** What is open once the missing have been inserted: all other kinds, and missing ones whose ids were lost with Redis. */
export function openAfterInserting({ lookBackPass, lateWrites }: Migration): Finding[] {
  return lateWrites.flatMap((finding) => {
    if (finding.kind !== 'missing') return [finding];
    const unknown = unknownLateWrites({ lookBackPass, lateWrites: [finding] });
    return unknown > 0 ? [{ ...finding, count: unknown, ids: [] }] : [];
  });
}
