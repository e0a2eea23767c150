import type { Failure, Lag, PassKind, PointId } from '@reembed/contracts';
import { allPages } from '../domain/all-pages.ts';
import { limitOf, watermarkAfter } from '../domain/changed-field.ts';
import type { Migration } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import { byId, idsOf } from '../domain/point-id-set.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { onlyOldKey, setAsideKey } from '../domain/set-aside.ts';
import { walkedPoints } from '../domain/source-points.ts';
import { differencesIn } from '../domain/words.ts';
import { followBridge } from '../gates/bridge-curve.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import { deleteVanished } from './deletes.ts';
import { releaseEarlier, watchEarlier } from './earlier-target.ts';
import { endBatches } from './end-batches.ts';
import { openFence } from './fence.ts';
import { findHot } from './hot-points.ts';
import { type PassOptions, type PassResult, runPass } from './run-pass.ts';
import type { Stage } from './stage.ts';

/** Opens the fence and runs the first pass on the fleet: it copies, or fills in where the points live. */
export const copy: Stage = async (deps, migration, signal) => {
  const inPlace = isInPlace(migration.spec);
  const result = await (inPlace ? firstFill : copyPass)(deps, migration, signal);
  if (inPlace) await followBridge(deps, migration, signal);
  if (result.kind === 'again') return result;
  await releaseEarlier(deps, migration);
  await endBatches(deps, migration);
  return { kind: 'next', to: 'indexing' };
};

/** Brings a target that has fallen behind up to the source, then has it verified again. */
export const sync: Stage = async (deps, migration) => {
  const result = await syncPass(deps, migration);
  return result.kind === 'again' ? result : { kind: 'next', to: 'verifying', change: { lag: lagOf(deps, result) } };
};

/** The first pass behind the fence of this epoch: it inserts what the target lacks. */
export async function copyPass(deps: CoordinatorDeps, migration: Migration): Promise<PassResult> {
  if (!(await openFence(deps, migration))) return { kind: 'again', afterMs: 0 };
  await watchEarlier(deps, migration);
  const result = await runPass(deps, migration, 'copy');
  if (result.kind === 'again') return result;
  await keepWatermark(deps, migration, result);
  await forgetSettled(deps, migration, 'copy');
  return result;
}

/** One sync pass behind the fence of this epoch, deletions included. */
export async function syncPass(deps: CoordinatorDeps, migration: Migration, options: PassOptions = {}): Promise<PassResult> {
  if (isInPlace(migration.spec)) return fillPass(deps, migration, options);
  if (!(await openFence(deps, migration))) return { kind: 'again', afterMs: 0 };
  const result = await runPass(deps, migration, 'sync', { ...options, changedSince: limitOf(migration) });
  if (result.kind === 'again') return result;
  await keepWatermark(deps, migration, result);
  await deleteVanished(deps, migration, result.pass);
  await forgetSettled(deps, migration, 'sync');
  return result;
}

/** The same from new to old, after the switch; `migration` is the view of that way. */
export async function reverseSyncPass(deps: CoordinatorDeps, migration: Migration, options: PassOptions = {}): Promise<PassResult> {
  if (!(await openFence(deps, migration))) return { kind: 'again', afterMs: 0 };
  const result = await runPass(deps, migration, 'reverse-sync', options);
  if (result.kind === 'again') return result;
  await forgetOnBoth(deps, migration);
  await deleteVanished(deps, migration, result.pass);
  await forgetSettled(deps, migration, 'reverse-sync');
  return result;
}

/** One pass behind the fence of this epoch that gives points the vectors they lack, in the collection they live in. */
export async function fillPass(deps: CoordinatorDeps, migration: Migration, options: PassOptions = {}): Promise<PassResult> {
  if (!(await openFence(deps, migration))) return { kind: 'again', afterMs: 0 };
  const result = await runPass(deps, migration, 'backfill', options);
  if (result.kind === 'again') return result;
  await forgetSettled(deps, migration, 'backfill');
  await deps.migrations.update(migration.id, (now) => (now.fill?.number === result.pass.number ? { ...now, fill: null } : null));
  return result;
}

/** The first pass in place, and before it, where the spec asks for that, one over the points that people retrieve most. */
async function firstFill(deps: CoordinatorDeps, migration: Migration, signal: AbortSignal): Promise<PassResult> {
  // What has begun goes on: the pass over all points comes second.
  const { kind } = migration.pass ?? migration.fill ?? {};
  if (kind === 'backfill' || (kind !== 'hot' && migration.spec.copy.hotFirst.file === null)) return fillPass(deps, migration);
  const found = kind === 'hot' ? null : await findHot(deps, migration, signal);
  if (found !== null) return found;
  if (!(await openFence(deps, migration))) return { kind: 'again', afterMs: 0 };
  const hot = await runPass(deps, migration, 'hot');
  return hot.kind === 'again' ? hot : fillPass(deps, migration);
}

/** Takes a pass that read payloads into account; again is no harm. */
async function keepWatermark(
  deps: CoordinatorDeps,
  migration: Migration,
  { pass, summary }: Extract<PassResult, { kind: 'ended' }>,
): Promise<void> {
  if (migration.spec.sync.changedField === null) return;
  await deps.migrations.update(migration.id, (now) => ({ ...now, watermark: watermarkAfter(now, pass, summary, isoNow(deps)) }));
}

/** How much a sync pass found, and when; `before`: what the one before it did, while the migration follows its source. */
export function lagOf(deps: CoordinatorDeps, { summary }: Extract<PassResult, { kind: 'ended' }>, before: Lag | null = null): Lag {
  const differences = differencesIn(summary.findings);
  const quietPasses = differences > 0 ? 0 : (before?.quietPasses ?? 0) + 1;
  return { differences, at: isoNow(deps), tookMs: summary.workedMs, quietPasses };
}

/** Entries looked up in one request. */
const pageEntries = 256;

/**
 * Forgets entries that are not set aside any longer: points that a pass of this kind finds no more where it reads (deleting a bad point is one
 * way to mend it), and those that have by now what they are said to lack, which a worker that slept says after another has made it.
 */
async function forgetSettled(deps: CoordinatorDeps, migration: Migration, kind: PassKind): Promise<void> {
  const key = setAsideKey(migration);
  const { collection, filter } = walkedPoints(migration, kind);
  const settled: PointId[] = [];
  for await (const { entries } of allPages((cursor: string | null) => deps.setAside.page(key, cursor, pageEntries))) {
    const ids = entries.map((entry) => entry.id);
    const present = idsOf(await deps.points.retrieve(collection, { ids, payload: false, vectors: [], filter, majority: true }));
    const made = await whatIsMade(deps, migration, kind, entries);
    settled.push(...ids.filter((point) => !present.has(point) || made.has(point)));
  }
  await deps.setAside.remove(key, settled);
}

/** What was in the old collection alone, and has been written to the new one since, is on both sides: that it goes there is a delete from now on. */
async function forgetOnBoth({ setAside, points }: CoordinatorDeps, migration: Migration): Promise<void> {
  const key = onlyOldKey(migration);
  const both: PointId[] = [];
  for await (const { entries } of allPages((cursor: string | null) => setAside.page(key, cursor, pageEntries))) {
    const ids = entries.map(({ id }) => id);
    const found = await points.retrieve(migration.resolved.source, { ids, payload: false, vectors: [], majority: true });
    both.push(...found.map(({ id }) => id));
  }
  await setAside.remove(key, both);
}

/** Points of these entries that have been made: a filling pass lacks single vectors of points, any other lacks points whole. */
async function whatIsMade({ points }: CoordinatorDeps, { spec }: Migration, kind: PassKind, entries: readonly Failure[]) {
  const vectors = kind === 'backfill' ? [...new Set(entries.map(({ vector }) => vector))] : [];
  const ids = entries.map(({ id }) => id);
  const stored = await points.retrieve(spec.target.collection, { ids, payload: false, vectors, majority: true });
  const entryOf = byId(entries);
  const isMade = ({ id, vectors: has }: PointText) => kind !== 'backfill' || has[entryOf.get(id)?.vector ?? ''] !== undefined;
  return idsOf(stored.filter(isMade));
}
