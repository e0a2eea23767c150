import type { Finding, PointId } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { fillsAfterSwitch } from '../domain/recipes-of.ts';
import { differencesIn, findingsInWords } from '../domain/words.ts';
import { type CoordinatorDeps, note } from '../ports/coordinator-deps.ts';
import { isCurrent, updateWhereItStands } from '../ports/migration-document.ts';
import { lateWriteBatches, openAfterInserting } from '../ranges/late-writes.ts';
import { confirmOwned } from './announce.ts';
import { closeFence, openFence, settleWrites } from './fence.ts';
import { holdingWriters, holdLasts, keepFrozen, release } from './freeze.ts';
import { actFreshly } from './fresh-act.ts';
import { fillPass } from './passes.ts';
import { waitForPeers } from './peers.ts';
import { followGently } from './ready.ts';
import { runPass } from './run-pass.ts';
import type { Stage, StageResult } from './stage.ts';
import { compareFreshly, comparePass, isStillFresh } from './verify.ts';
import { watchWriters } from './watch-writers.ts';
import { astrayInWords, refusalOf, type Whereabouts, whereaboutsOf } from './whereabouts.ts';

/** Late writes that are named. */
const mostIds = 100;

/**
 * After the switch: an application that does not know the new vectors yet replaces points without them. What is missing is filled in until
 * the migration is completed; and where it could write vectors of the old model for those of the new, it is looked for. A migration with neither has
 * nothing to wait for.
 */
export const observe: Stage = async (deps, migration) => {
  const lookAgainMs = await watchWriters(deps, migration);
  if (!fillsAfterSwitch(migration.spec)) return lookAgainMs === null ? { kind: 'rest' } : { kind: 'again', afterMs: lookAgainMs };
  const filled = await followGently(deps, migration, fillPass);
  return filled.kind === 'again' && lookAgainMs !== null ? { ...filled, afterMs: Math.min(filled.afterMs, lookAgainMs) } : filled;
};

/** Inserts into the live target what the look back listed as missing; nothing that is there is changed. */
export const insertLate: Stage = async (deps, migration) => {
  if (!(await openFence(deps, migration))) return { kind: 'again', afterMs: 0 };
  const result = await runPass(deps, migration, 'insert-late');
  if (result.kind === 'again') return result;
  await closeFence(deps, migration);
  return {
    kind: 'next',
    to: 'observing',
    change: { lateWrites: [...openAfterInserting(migration), ...(await stillLate(deps, migration))] },
  };
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

/**
 * A switch back. Lists what was written since the switch, and takes the alias back only when the word given says that many may be lost; then
 * both sides are compared once more, and what came in between is listed. The target is left as it is: it was live.
 */
export const rollBack: Stage = async (deps, migration) => {
  const whereabouts = await whereaboutsOf(deps, migration);
  return holdingWriters(deps, migration, async () => {
    if (whereabouts?.targetStands === false) return leaveBehind(deps, migration, whereabouts);
    return (await isTakenBack(deps, migration)) ? lookAtLast(deps, migration) : compareAndTakeBack(deps, migration);
  });
};

/** Also where it was taken back by hand, or by a run of this stage that died. */
async function isTakenBack(deps: CoordinatorDeps, { spec, resolved, cutover }: Migration): Promise<boolean> {
  const { alias, collection } = spec.target;
  if (alias === null) return cutover === 'look-back';
  const pointsAt = (await deps.collections.aliases()).get(alias) ?? null;
  return pointsAt === resolved.aliasBefore && pointsAt !== collection;
}

async function compareAndTakeBack(deps: CoordinatorDeps, migration: Migration): Promise<StageResult> {
  await keepFrozen(deps, migration);
  if (migration.pass?.kind !== 'verify') {
    if (fillsAfterSwitch(migration.spec)) await closeFence(deps, migration);
    await settleWrites(deps, migration.spec.target.collection);
  }
  const compared = await compareFreshly(deps, migration);
  if (compared.kind === 'again') return compared;
  const { findings } = compared.verification;
  const writes = differencesIn(findings);
  if (writes > (migration.loseWrites ?? 0)) {
    return { kind: 'next', to: 'observing', change: { rollback: { writes, findings }, loseWrites: null } };
  }
  if (!(await isCurrent(deps, migration)) || !holdLasts(deps, migration)) return { kind: 'again', afterMs: 0 };
  // Before the act, so that whoever goes on after a crash knows what was there already.
  const stands = await updateWhereItStands(deps, migration, { rollback: { writes, findings } });
  if (stands === null) return { kind: 'again', afterMs: 0 };
  await takeAliasBack(deps, migration, () => isStillFresh(deps, compared) && holdLasts(deps, migration));
  await updateWhereItStands(deps, migration, { cutover: 'look-back', pass: null });
  return { kind: 'again', afterMs: 0 };
}

/** A target that is gone has nothing to compare with: readers are led back at once, unless somebody has led them elsewhere. */
async function leaveBehind(deps: CoordinatorDeps, migration: Migration, whereabouts: Whereabouts): Promise<StageResult> {
  const gone = astrayInWords(migration, whereabouts);
  if (refusalOf(migration, 'rollback', { ...whereabouts, targetStands: true }) === null) await takeAliasBack(deps, migration, () => true);
  if (gone !== null) await note(deps, migration.id, gone);
  return { kind: 'next', to: 'rolled-back', change: { rollback: null } };
}

/** What both sides differ by now and did not before the alias went back was written to one of them in between: listed, and left alone. */
async function lookAtLast(deps: CoordinatorDeps, migration: Migration): Promise<StageResult> {
  const { alias } = migration.spec.target;
  if (migration.pass === null && alias !== null) await waitForPeers(deps, migration.id, alias, migration.resolved.aliasBefore);
  await release(deps, migration);
  const { rollback, cutover, id } = migration;
  if (cutover !== 'look-back') {
    await updateWhereItStands(deps, migration, { cutover: 'look-back', pass: null });
    return { kind: 'again', afterMs: 0 };
  }
  if (migration.pass === null) await settleWrites(deps, migration.spec.target.collection);
  const compared = await comparePass(deps, migration);
  if (compared.kind === 'again') return compared;
  const { findings } = compared.verification;
  const late = differencesIn(findings) - (rollback?.writes ?? 0);
  if (late > 0) await note(deps, id, `writes came while the alias went back: both sides differ by ${findingsInWords({ findings })}`);
  return { kind: 'next', to: 'rolled-back', change: { rollback: late > 0 ? { writes: differencesIn(findings), findings } : null } };
}

/** `stands`: whether what the act goes by still holds; where it does not, nothing is moved, and the stage finds that out. */
async function takeAliasBack(deps: CoordinatorDeps, migration: Migration, stands: () => boolean): Promise<void> {
  const { spec, resolved } = migration;
  const { alias } = spec.target;
  const { aliasBefore } = resolved;
  if (alias === null) return;
  const look = async () => {
    const pointsAt = (await deps.collections.aliases()).get(alias) ?? null;
    const refusal = refusalOf(migration, 'rollback', { targetStands: true, pointsAt });
    if (refusal !== null) throw new ReembedError('wrong-state', refusal);
    await confirmOwned(deps, migration);
    return (await isCurrent(deps, migration)) && stands() ? alias : null;
  };
  const moved = await actFreshly(deps, look, async (name) => {
    await (aliasBefore === null ? deps.collections.dropAlias(name) : deps.collections.pointAlias(name, aliasBefore));
    return name;
  });
  if (moved === null) return;
  const after = (await deps.collections.aliases()).get(alias) ?? null;
  if (after !== aliasBefore) throw new ReembedError('migration-failed', `the alias "${alias}" was taken back and reads back as "${after}"`);
}
