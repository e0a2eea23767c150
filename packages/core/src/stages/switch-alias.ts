import { allPages } from '../domain/all-pages.ts';
import { isReembedError, ReembedError } from '../domain/error.ts';
import { type Cutover, type Migration, nextAlias, type Wait } from '../domain/migration.ts';
import { syncsBack } from '../domain/reverse-sync.ts';
import { onlyOldKey } from '../domain/set-aside.ts';
import { isSamePhase } from '../domain/transitions.ts';
import { differencesIn, findingsInWords } from '../domain/words.ts';
import { type CoordinatorDeps, isoNow, note } from '../ports/coordinator-deps.ts';
import { isCurrent, updateWhereItStands } from '../ports/migration-document.ts';
import { maxListed } from '../ports/state.ts';
import { inOrderOfIds, keepLateWrites, unlistedOf } from '../ranges/late-writes.ts';
import { confirmOwned } from './announce.ts';
import { closeFence, fences, settleWrites } from './fence.ts';
import { holdingWriters, holdLasts, keepFrozen, release } from './freeze.ts';
import { freshMs } from './fresh-act.ts';
import { dropNext, standingNext } from './next-alias.ts';
import { syncPass } from './passes.ts';
import { waitForPeers } from './peers.ts';
import { markForReverseSync } from './reverse-mark.ts';
import { type PassResult, runPass } from './run-pass.ts';
import type { Stage, StageResult } from './stage.ts';
import { type Compared, compareAgain, compareFreshly, isStillFresh, onlyLive, toSync } from './verify.ts';

/**
 * The switch, step by step (the table is at Cutover). Run again after a crash it looks at the alias first: one that points at the target
 * already is a switch that happened. Writers that were held are released however it ends.
 */
export const switchAlias: Stage = async (deps, migration) => {
  if (await hasMoved(deps, migration)) return holdingWriters(deps, migration, () => lookBack(deps, migration));
  try {
    return await holdingWriters(deps, migration, () => steps[migration.cutover ?? 'repair'](deps, migration));
  } catch (error) {
    if (!isOvertaken(error) || !(await hasMoved(deps, migration))) throw error;
    return { kind: 'again', afterMs: 0 };
  }
};

async function hasMoved(deps: CoordinatorDeps, { spec: { target } }: Migration): Promise<boolean> {
  return target.alias !== null && (await deps.collections.aliases()).get(target.alias) === target.collection;
}

/**
 * What a run is stopped by that slept while another one moved the alias: no failure, and nobody's switch by hand, which would forget the comparison
 * that the alias was moved by.
 */
function isOvertaken(error: unknown): boolean {
  return isReembedError(error, 'target-live') || isReembedError(error, 'migration-failed');
}

type Ended = Extract<PassResult, { kind: 'ended' }>;

type Step = (deps: CoordinatorDeps, migration: Migration) => Promise<StageResult>;

const steps: Readonly<Record<Cutover, Step>> = {
  'look-back': lookBack,
  repair: async (deps, migration) => {
    await keepFrozen(deps, migration);
    const result = await syncPass(deps, migration);
    return result.kind === 'again' ? result : onward(deps, migration, 'compare');
  },
  compare: async (deps, migration) => {
    const heldSince = await keepFrozen(deps, migration);
    if (migration.pass?.kind !== 'verify') {
      await closeFence(deps, migration);
      await settleWrites(deps, migration.resolved.source);
    } else if (heldSince === 'lapsed') {
      await note(deps, migration.id, 'the freeze lapsed while both sides were compared: nothing was switched; sync goes on');
      return { kind: 'next', to: 'syncing' };
    } else if (heldSince === 'unknown') {
      return compareAgain(deps, migration, 'another coordinator held the writers before: both sides are compared again');
    }
    const compared = await compareFreshly(deps, migration);
    if (compared.kind === 'again') return compared;
    const { verification, differing, pass } = compared;
    if (verification.findings.length > 0 && !mayBeLate(migration, compared)) {
      await note(
        deps,
        migration.id,
        `the source has changed since: ${findingsInWords(verification)}; nothing was switched, the difference is mended first`,
      );
      return toSync(migration, compared);
    }
    if (!holdLasts(deps, migration)) {
      await note(deps, migration.id, 'the freeze would not have lasted through the switch: nothing was switched; sync goes on');
      return { kind: 'next', to: 'syncing', change: { verification, differing } };
    }
    // Before the act: a crash in it, or a lost reply, looks back by this comparison.
    const stands = await updateWhereItStands(deps, migration, { verification, differing, comparedPass: pass });
    if (stands === null) return { kind: 'again', afterMs: 0 };
    if (!(await moveAlias(deps, migration, compared))) return { kind: 'again', afterMs: 1_000, waiting: tooSlowToAct(deps) };
    return onward(deps, migration, 'look-back');
  },
};

/**
 * Only what a live writer does between two readings may be late: never a missing vector, never with writers held, and never the very
 * difference that was there before the repair pass: that is one which sync does not mend, and another round of it says so.
 */
function mayBeLate(migration: Migration, { verification, differing }: Compared): boolean {
  const { spec, approval } = migration;
  const mayAccept = approval?.acceptLateWrites === true && spec.switch.freeze.url === null;
  return mayAccept && onlyLive(migration, verification) && differing !== migration.differing;
}

async function onward(
  deps: CoordinatorDeps,
  migration: Migration,
  cutover: Cutover,
  change: Partial<Migration> = {},
): Promise<StageResult> {
  // Where another run of this stage has gone on already, its step stands.
  await deps.migrations.update(migration.id, (now) =>
    isSamePhase(now, migration) && now.cutover === migration.cutover
      ? { ...now, ...change, cutover, pass: null, updatedAt: isoNow(deps) }
      : null,
  );
  return { kind: 'again', afterMs: 0 };
}

/** One lone create_alias action. False where too much time passed between the last look and the act. */
async function moveAlias(deps: CoordinatorDeps, migration: Migration, compared: Compared): Promise<boolean> {
  const { alias, collection } = migration.spec.target;
  const looked = deps.clock.monotonicMs();
  await checkPreconditions(deps, migration);
  await confirmOwned(deps, migration);
  if (alias === null) return true;
  if (!(await isCurrent(deps, migration))) return false;
  if (deps.clock.monotonicMs() - looked > freshMs(deps) || !isStillFresh(deps, compared) || !holdLasts(deps, migration)) return false;
  await deps.collections.pointAlias(alias, collection);
  return true;
}

function tooSlowToAct(deps: CoordinatorDeps): Wait {
  const within = `alias and fences have to be looked at within ${freshMs(deps)} ms before the alias moves`;
  return { kind: 'slow-qdrant', reason: `for Qdrant to answer faster: ${within}` };
}

async function checkPreconditions(deps: CoordinatorDeps, migration: Migration): Promise<void> {
  const { alias } = migration.spec.target;
  const { aliasBefore } = migration.resolved;
  const { open } = await deps.setAside.count(migration.id);
  if (open > 0) throw new ReembedError('migration-failed', `${open} point(s) are set aside: nothing is switched while any is`);
  if ((await fences(deps, migration.id)).length > 0) throw new ReembedError('internal', 'a fence came to stand again during the switch');
  if (alias === null) return;
  const aliases = await deps.collections.aliases();
  checkAlone(migration, alias, aliases);
  const pointsAt = aliases.get(alias) ?? null;
  if (pointsAt === aliasBefore) return;
  throw new ReembedError(
    'migration-failed',
    `the alias "${alias}" pointed at ${quoted(aliasBefore)} when this migration was planned and points at ${quoted(pointsAt)} now: put it back, then resume`,
  );
}

/** Of two that began in the same moment the one goes on that is seen under way: each would move the alias from what the other had looked at. */
function checkAlone({ spec: { target } }: Migration, alias: string, aliases: ReadonlyMap<string, string>): void {
  const next = aliases.get(nextAlias(alias)) ?? target.collection;
  if (next === target.collection) return;
  throw new ReembedError(
    'migration-failed',
    `the alias "${nextAlias(alias)}" points at "${next}": another migration is to switch "${alias}", too. Cancel one of the two; where there is no other, delete that alias, then resume`,
  );
}

/** Reads the alias back, lets writers go on, and looks for writes that came to the old collection while the alias moved. */
async function lookBack(deps: CoordinatorDeps, migration: Migration): Promise<StageResult> {
  // An alias that was moved by hand, or before a crash, finds the fence still open.
  if (migration.pass?.kind !== 'look-back') await closeFence(deps, migration);
  await readBack(deps, migration);
  const { alias, collection } = migration.spec.target;
  if (migration.pass?.kind !== 'look-back' && alias !== null) await waitForPeers(deps, migration.id, alias, collection);
  await release(deps, migration);
  // A switch that a crash interrupted may still carry the pass of another step.
  if (migration.pass !== null && migration.pass.kind !== 'look-back') return onward(deps, migration, 'look-back');
  if ((await deps.collections.describe(migration.resolved.source)) === null) return nothingToLookBackAt(deps, migration);
  if (migration.pass === null && syncsBack(migration.spec)) await markForReverseSync(deps, migration);
  if (migration.pass === null) await settleWrites(deps, migration.resolved.source);
  const result = await runPass(deps, migration, 'look-back');
  if (result.kind === 'again') return result;
  return listLate(deps, migration, result);
}

async function listLate(deps: CoordinatorDeps, migration: Migration, { pass, summary }: Ended): Promise<StageResult> {
  const { id, resolved, spec } = migration;
  const lateWrites = inOrderOfIds(summary.findings);
  const found = differencesIn(lateWrites);
  const kept = await keepLateWrites(deps, id, pass.number);
  // Redis came back older since it said what was found: what it does not list nobody would ever insert.
  if (kept < Math.min(found, maxListed)) return onward(deps, migration, 'look-back');
  if (found > 0) await note(deps, id, `writes came late to "${resolved.source}": ${findingsInWords({ findings: lateWrites })}`);
  if (syncsBack(spec)) await keepOnlyOld(deps, migration);
  const lateUnlisted = await unlistedOf(deps.lateWrites, id, lateWrites);
  // From now on it counts what reverse sync takes from the old collection.
  return { kind: 'next', to: 'observing', change: { lateWrites, lateUnlisted, deletesAllowed: null } };
}

/** Nobody would know afterwards that these were never in the target: what is set aside goes on being settled. */
async function keepOnlyOld({ setAside }: CoordinatorDeps, migration: Migration): Promise<void> {
  for await (const { entries } of allPages((cursor: string | null) => setAside.page(migration.id, cursor, 256)))
    if (entries.length > 0) await setAside.put(onlyOldKey(migration), entries);
}

/** Somebody deleted it, and what came late to it: that brings nothing back, and is no reason to stay in the middle of a switch for ever. */
async function nothingToLookBackAt(deps: CoordinatorDeps, { id, resolved }: Migration): Promise<StageResult> {
  await note(
    deps,
    id,
    `"${resolved.source}" is gone: whether writes came late to it while the alias moved cannot be looked up any more, and readers cannot be led back to it`,
  );
  return { kind: 'next', to: 'observing', change: { lateWrites: [], deletesAllowed: null } };
}

async function readBack(deps: CoordinatorDeps, migration: Migration): Promise<void> {
  const { target } = migration.spec;
  const { alias, collection } = target;
  if (alias === null) return;
  const aliases = await deps.collections.aliases();
  if (aliases.get(alias) !== collection) {
    throw new ReembedError(
      'migration-failed',
      `the alias "${alias}" was pointed at "${collection}" and reads back as ${quoted(aliases.get(alias) ?? null)}`,
    );
  }
  if (standingNext(target, aliases) !== null) await dropNext(deps, migration);
}

function quoted(collection: string | null): string {
  return collection === null ? 'nothing' : `"${collection}"`;
}
