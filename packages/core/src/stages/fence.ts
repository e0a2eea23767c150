import { isReembedError } from '../domain/error.ts';
import { epochOf, fenceOf, fencePrefix, type Migration } from '../domain/migration.ts';
import { syncsBack } from '../domain/reverse-sync.ts';
import { edited, hasSwitched } from '../domain/transitions.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import { isCurrent } from '../ports/migration-document.ts';
import { confirmOwned, targetGone } from './announce.ts';
import { changePhase } from './change-phase.ts';
import { checkNotLive } from './live-target.ts';
import { checkIsOldOne } from './reverse-mark.ts';
import { showWaiting } from './show-waiting.ts';

/**
 * Opens the way for this epoch's writes, after closing any of an earlier epoch or owner, and one whose register of writers was lost: nobody
 * could enter it any more. False where the migration has moved on, or goes on in the next epoch. Throws `target-live` where others use the target: failing closes the
 * fence.
 */
export async function openFence(deps: CoordinatorDeps, migration: Migration): Promise<boolean> {
  const { id, epoch } = migration;
  const name = fenceOf(migration);
  const aliases = await deps.collections.aliases();
  checkNotLive(migration, aliases);
  const standing = fencesAmong(aliases, id);
  // After the switch the other way may be open in the same epoch.
  const ofEpoch = standing.filter((fence) => epochOf(fence) === epoch);
  const admitted = ofEpoch.length > 0 && (await admits(deps, id, epoch));
  const stale = admitted ? standing.filter((fence) => !ofEpoch.includes(fence)) : standing;
  if (stale.length > 0) {
    await closeFences(deps, migration, stale, stale.map(epochOf));
    // That may have taken as long as a request: another fleet that has it by now has opened its own.
    await confirmOwned(deps, migration.forward ?? migration);
  }
  if (!(admitted && standing.includes(name)) && !(await makeFence(deps, migration, name))) return false;
  if (await isCurrent(deps, migration)) return true;
  // The migration was paused or cancelled while the alias was made: whoever closed the fence may have looked before it stood.
  await deps.collections.dropAlias(name);
  return false;
}

/**
 * False where the epoch is over: its register is closed, and never opens again. Unless a later step of a switch has closed it, the phase goes
 * on in the next epoch. Closing what stood before may have taken long: who uses the target by now is looked up again before anyone writes.
 */
async function makeFence(deps: CoordinatorDeps, migration: Migration, name: string): Promise<boolean> {
  await deps.writers.open(migration.id, migration.epoch);
  if (!(await admits(deps, migration.id, migration.epoch))) {
    const isStep = ({ cutover }: Migration) => cutover === migration.cutover;
    await changePhase(deps, migration, (stored) => (isStep(stored) ? edited(stored, stored.phase, isoNow(deps), {}) : null));
    return false;
  }
  if (migration.isReversed) await checkIsOldOne(deps, migration);
  try {
    await deps.collections.pointAlias(name, migration.spec.target.collection);
  } catch (error) {
    throw isReembedError(error, 'qdrant-not-found') ? targetGone(migration) : error;
  }
  // A fence goes with its collection: what it leads to from here on is what is looked at now.
  if (migration.isReversed) await checkIsOldOne(deps, migration);
  checkNotLive(migration, await deps.collections.aliases());
  return true;
}

/**
 * Ends all writing: the alias goes, so that a paused or zombie worker's next write gets 404; writes already accepted are waited out; one
 * acknowledged write, and an empty update queue, show that nothing of them is still to come.
 */
export async function closeFence(deps: CoordinatorDeps, migration: Migration): Promise<void> {
  const standing = await fences(deps, migration.id);
  const epochs = standing.map(epochOf);
  await closeFences(deps, migration, standing, [...epochs, await lastEntered(deps, migration, epochs)]);
}

/** A refused rollback, the observing after it, and the next word each begin an epoch that may end without a fence. */
const mostUnopened = 3;

/**
 * The last epoch that writers may be in. One without a fence and a register was never opened, where the register of one shortly before it is known; where
 * none is, they were lost, and it counts as this one.
 */
async function lastEntered({ writers }: CoordinatorDeps, { id, epoch }: Migration, standing: readonly number[]): Promise<number> {
  for (let one = epoch; one >= Math.max(1, epoch - mostUnopened); one--)
    if (standing.includes(one) || (await writers.close(id, one)) !== null) return one;
  return epoch;
}

/** The same where something writes to the old collection: once that is over, nothing is closed again at every look. */
export async function closeWayBack(deps: CoordinatorDeps, migration: Migration): Promise<void> {
  const standing = await fences(deps, migration.id);
  if (standing.some((name) => name === fenceOf({ ...migration, epoch: epochOf(name), isReversed: true })))
    await closeFence(deps, migration);
}

/** Names of the migration's fences that stand. */
export async function fences(deps: CoordinatorDeps, id: string): Promise<string[]> {
  return fencesAmong(await deps.collections.aliases(), id);
}

export function fencesAmong(aliases: ReadonlyMap<string, string>, id: string): string[] {
  return [...aliases.keys()].filter((alias) => alias.startsWith(fencePrefix(id)));
}

/** Whether workers can enter: the register of the epoch is there and open. */
async function admits({ writers }: CoordinatorDeps, id: string, epoch: number): Promise<boolean> {
  const entered = await writers.enter(id, epoch, 'coordinator');
  if (entered) await writers.leave(id, epoch, 'coordinator');
  return entered;
}

async function closeFences(
  deps: CoordinatorDeps,
  migration: Migration,
  names: readonly string[],
  epochs: readonly number[],
): Promise<void> {
  for (const name of names) await deps.collections.dropAlias(name);
  for (const epoch of new Set(epochs)) if (epoch > 0) await waitForWriters(deps, migration, epoch);
  for (const collection of writtenInto(migration)) await settleAll(deps, collection);
}

/** What the fences of a migration lead to: once it has switched, the old collection too where that is kept fresh. */
function writtenInto(migration: Migration): string[] {
  const { spec, resolved } = migration;
  return [spec.target.collection, ...(hasSwitched(migration) && syncsBack(spec) ? [resolved.source] : [])];
}

async function settleAll(deps: CoordinatorDeps, collection: string): Promise<void> {
  if ((await deps.collections.describe(collection)) === null) return;
  await deps.collections.flush(collection);
  // The flush was carried out after all that had been accepted; a live collection's queue may never be seen empty.
  const until = deps.clock.monotonicMs() + deps.requestTimeoutMs;
  while ((await deps.collections.indexing(collection)).updateQueueLength > 0 && deps.clock.monotonicMs() < until)
    await deps.clock.sleep(50);
}

/**
 * Waits until what a collection has accepted is in it: writers that do not wait (`wait=false`) are told yes before their write can be read.
 * What is accepted after this call has begun may still be on its way.
 */
export async function settleWrites({ collections }: CoordinatorDeps, collection: string): Promise<void> {
  if ((await collections.describe(collection)) !== null) await collections.flush(collection);
}

/** A wait that is longer than this, in ms, is told. */
const quietMs = 1_000;

/**
 * Until every writer has left, or the longest a request can take has passed. A lost register means the full wait: after a run that was killed
 * with its Redis nobody knows who still writes.
 */
async function waitForWriters(deps: CoordinatorDeps, migration: Migration, epoch: number): Promise<void> {
  const { writers, clock, requestTimeoutMs } = deps;
  const [from, at] = [clock.monotonicMs(), clock.now().getTime()];
  const reason = `until ${new Date(at + requestTimeoutMs).toISOString()} at the latest: what was writing to the target before may have a request under way`;
  let told = false;
  while ((await writers.close(migration.id, epoch)) !== 0 && clock.monotonicMs() < from + requestTimeoutMs) {
    if (!told && clock.monotonicMs() - from > quietMs) {
      told = true;
      await showWaiting(deps, migration, { kind: 'writers', reason });
    }
    await clock.sleep(Math.min(50, requestTimeoutMs));
  }
}
