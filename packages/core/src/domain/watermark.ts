import type { Migration, Pass, Watermark } from './migration.ts';

/**
 * How much earlier a pass has to have ended than the one before began, in ms, for its greatest value to limit the next. It is what clocks of
 * writers may differ by, and how late a write may arrive with an older value; measured by the coordinator's clock, so that it holds for
 * numbers of any unit.
 */
export const overlapMs = 600_000;

/**
 * The watermark after a pass that read payloads has ended. A point that was edited after a pass had read it carries a value from after the
 * beginning of that pass; so what limits the next one was seen by a pass that had ended before, with the overlap in between. `at` is an ISO
 * time. A pass that is counted already changes nothing.
 */
export function watermarkAfter(
  migration: Migration,
  pass: Pass,
  { latestChange }: { readonly latestChange: number | null },
  at: string,
): Watermark | null {
  const before = migration.watermark;
  if (migration.resolved.changedKind === null || (before !== null && before.pass >= pass.number)) return before;
  const limited = pass.changedSince !== undefined;
  const seen = plausible(migration, pass, latestChange) ?? before?.seen ?? null;
  if (before === null) return { since: null, seen, seenAt: at, pass: pass.number, limited };
  const isOldEnough = Date.parse(pass.startedAt) - Date.parse(before.seenAt) >= overlapMs;
  if (isOldEnough) return { since: before.seen, seen, seenAt: at, pass: pass.number, limited };
  const kept = before.seen === null ? { seen, seenAt: at } : {};
  return { ...before, ...kept, pass: pass.number, limited };
}

/** A datetime in the future would hide whatever is written until then. */
function plausible({ resolved }: Migration, { startedAt }: Pass, latest: number | null): number | null {
  return latest === null || resolved.changedKind === 'number' ? latest : Math.min(latest, Date.parse(startedAt));
}

/**
 * From which value on the next sync pass reads; undefined: everything. The last pass of a switch reads everything, and so does a round that
 * follows a limited one: the comparison in between has found what that could not see.
 */
export function limitOf({ phase, watermark }: Migration): number | undefined {
  const wantsAll = phase === 'switching' || (phase === 'syncing' && watermark?.limited === true);
  return wantsAll ? undefined : (watermark?.since ?? undefined);
}
