import type { Finding, PointId } from '@reembed/contracts';
import { allPages } from '../domain/all-pages.ts';
import type { Migration } from '../domain/migration.ts';
import { comparePointIds } from '../domain/point.ts';
import type { LateWrites, Listed, Ranges } from '../ports/state.ts';

/** Late writes moved or read in one request. */
const batch = 500;
/** Ids that a finding names. */
const mostIds = 100;

/**
 * Puts what a look back has listed where it outlives Redis, a batch at a time, however many there are; answers how many those are. The same again
 * changes nothing.
 */
export async function keepLateWrites(
  { ranges, lateWrites }: { readonly ranges: Pick<Ranges, 'listed'>; readonly lateWrites: LateWrites },
  id: string,
  pass: number,
): Promise<number> {
  for (let from = 0; ; from += batch) {
    const late = await ranges.listed(id, pass, from, batch);
    await lateWrites.put(id, late);
    if (late.length < batch) return from + late.length;
  }
}

/** All late writes of a migration, a batch at a time. */
export async function* lateWriteBatches(lateWrites: Pick<LateWrites, 'page'>, id: string): AsyncGenerator<readonly Listed[]> {
  for await (const page of allPages((cursor: string | null) => lateWrites.page(id, cursor, batch))) yield page.lateWrites;
}

/**
 * What a fleet that takes a migration over knows of its late writes: the counts that the target's metadata has, with the first ids of those
 * that are kept. Ids that older metadata names are kept from now on.
 */
export async function adoptLateWrites(
  lateWrites: LateWrites,
  id: string,
  open: readonly Finding[],
): Promise<Pick<Migration, 'lateWrites' | 'lateUnlisted'>> {
  await lateWrites.put(
    id,
    open.flatMap(({ kind, ids }) => ids.map((late) => ({ kind, id: late }))),
  );
  const found = open.length === 0 ? [] : (await lateWrites.page(id, null, batch)).lateWrites;
  return {
    lateWrites: open.map(({ kind, count }) => ({ kind, count, ids: firstIds(found, kind) })),
    lateUnlisted: await unlistedOf(lateWrites, id, open),
  };
}

/**
 * How many of them are known by their number alone: past what a pass lists, or where somebody deleted the list. `before`: those of which that was
 * known already; what has been inserted since stays in the list.
 */
export async function unlistedOf(
  lateWrites: Pick<LateWrites, 'count'>,
  id: string,
  open: readonly Finding[],
  before: Migration['lateUnlisted'] = [],
): Promise<Migration['lateUnlisted']> {
  const unlisted = [];
  for (const { kind, count } of open) {
    const known = before.find((one) => one.kind === kind)?.count ?? 0;
    unlisted.push({ kind, count: Math.max(known, count - (await lateWrites.count(id, kind))) });
  }
  return unlisted.filter(({ count }) => count > 0);
}

/** In the order of ids, which is the same wherever they were kept. */
function firstIds(found: readonly Listed[], wanted: Finding['kind']): PointId[] {
  const ids = found.filter(({ kind }) => kind === wanted).map(({ id }) => id);
  return ids.toSorted(comparePointIds).slice(0, mostIds);
}

/** Findings with their ids in that order. */
export function inOrderOfIds(findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => ({ ...finding, ids: finding.ids.toSorted(comparePointIds) }));
}

/** The way out for those that are known by their number alone; empty where all are known. */
export function unknownLateWritesInWords(migration: Pick<Migration, 'lateUnlisted' | 'resolved' | 'spec'>): string {
  const unknown = migration.lateUnlisted.reduce((sum, { count }) => sum + count, 0);
  const { resolved, spec } = migration;
  return unknown === 0
    ? ''
    : ` The ids of ${unknown} of them are not kept any more: find them by your applications' own records, or by comparing the ids of "${resolved.source}" ` +
        `and "${spec.target.collection}" (one that is only in the first came late, or was deleted since); write what is missing to the new collection, then accept.`;
}

/** What is open once the missing have been inserted: all other kinds, and missing ones whose ids are not known. */
export function openAfterInserting({ lateWrites, lateUnlisted }: Pick<Migration, 'lateWrites' | 'lateUnlisted'>): Finding[] {
  const unknown = lateUnlisted.find(({ kind }) => kind === 'missing');
  return lateWrites.flatMap((finding) => {
    if (finding.kind !== 'missing') return [finding];
    return unknown === undefined ? [] : [{ ...finding, count: unknown.count, ids: [] }];
  });
}
