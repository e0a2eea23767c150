import type { Finding, PointId } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import { fillsAfterSwitch } from '../domain/recipes-of.ts';
import { reversed, syncsBack } from '../domain/reverse-sync.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { lateWriteBatches, openAfterInserting, unlistedOf } from '../ranges/late-writes.ts';
import { closeFence, openFence } from './fence.ts';
import { checkNotLive } from './live-target.ts';
import { fillPass, reverseSyncPass } from './passes.ts';
import { followGently } from './ready.ts';
import { restLeftMs } from './rests.ts';
import { whyNoReverseSync } from './reverse-sync.ts';
import { runPass } from './run-pass.ts';
import type { Stage, StageResult } from './stage.ts';
import { watchWriters } from './watch-writers.ts';

/** Late writes that are named. */
const mostIds = 100;

/**
 * After the switch: an application that does not know the new vectors yet replaces points without them. What is missing is filled in until
 * the migration is completed, the old collection follows the new one where the spec says so, and where an application could write vectors of the old
 * model for those of the new, it is looked for. Without any of it there is nothing to wait for.
 */
export const observe: Stage = async (deps, migration) => {
  const lookAgainMs = await watchWriters(deps, migration);
  const result = await followAfterSwitch(deps, migration);
  if (lookAgainMs === null) return result;
  if (result.kind === 'rest') return { kind: 'again', afterMs: lookAgainMs };
  return result.kind === 'again' ? { ...result, afterMs: Math.min(result.afterMs, lookAgainMs) } : result;
};

async function followAfterSwitch(deps: CoordinatorDeps, migration: Migration): Promise<StageResult> {
  const [fills, follows] = [fillsAfterSwitch(migration.spec), syncsBack(migration.spec)];
  if (follows && (!fills || isItsTurn(deps, migration))) return followBack(deps, migration);
  return fills ? followGently(deps, migration, fillPass) : { kind: 'rest' };
}

/** Of both, what has begun goes on; else whichever has rested longer. */
function isItsTurn({ clock }: CoordinatorDeps, migration: Migration): boolean {
  if (migration.pass !== null) return migration.pass.kind === 'reverse-sync';
  const now = clock.now().getTime();
  return restLeftMs(reversed(migration), now) < restLeftMs(migration, now);
}

/** How long it is until somebody may have dealt with what stands in the way, in ms: the word itself begins the phase anew. */
const mendedMs = 30_000;

async function followBack(deps: CoordinatorDeps, migration: Migration): Promise<StageResult> {
  const why = whyNoReverseSync(migration);
  const back = reversed(migration);
  // A pass looks itself; a rest may be an hour, with the way open to a worker that slept.
  if (migration.pass === null) checkNotLive(back, await deps.collections.aliases());
  if (why === null) return followGently(deps, back, reverseSyncPass);
  if (fillsAfterSwitch(migration.spec)) return followGently(deps, migration, fillPass);
  return { kind: 'again', afterMs: mendedMs, waiting: { kind: 'mending', reason: why } };
}

/** Inserts into the live target what the look back listed as missing; nothing that is there is changed. */
export const insertLate: Stage = async (deps, migration) => {
  if (!(await openFence(deps, migration))) return { kind: 'again', afterMs: 0 };
  const result = await runPass(deps, migration, 'insert-late');
  if (result.kind === 'again') return result;
  await closeFence(deps, migration);
  const { id, lateWrites } = migration;
  // Also where somebody has deleted the list since it was made.
  const lateUnlisted = await unlistedOf(deps.lateWrites, id, lateWrites, migration.lateUnlisted);
  const open = openAfterInserting({ lateWrites, lateUnlisted });
  return { kind: 'next', to: 'observing', change: { lateWrites: [...open, ...(await stillLate(deps, migration))], lateUnlisted } };
};

/** Late inserts that nothing could be made of: they are in the old collection alone, so they stay late. */
async function stillLate(deps: CoordinatorDeps, migration: Migration): Promise<Finding[]> {
  const ids: PointId[] = [];
  let count = 0;
  for await (const late of lateWriteBatches(deps.lateWrites, migration.id)) {
    const missing = late.filter(({ kind }) => kind === 'missing').map(({ id }) => id);
    const failed = missing.length === 0 ? [] : await deps.setAside.among(migration.id, missing);
    count += failed.length;
    ids.push(...failed.map(({ id }) => id).slice(0, Math.max(0, mostIds - ids.length)));
  }
  return count === 0 ? [] : [{ kind: 'missing', count, ids }];
}
