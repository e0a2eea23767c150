import type { Finding } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { pointIdSet } from '../domain/point-id-set.ts';
import { fillsAfterSwitch } from '../domain/recipes-of.ts';
import { afterSwitch, reversed, syncsBack } from '../domain/reverse-sync.ts';
import { edited } from '../domain/transitions.ts';
import { differencesIn, findingsInWords, reembed } from '../domain/words.ts';
import { type CoordinatorDeps, isoNow, note } from '../ports/coordinator-deps.ts';
import { isCurrent, updateWhereItStands } from '../ports/migration-document.ts';
import { inOrderOfIds } from '../ranges/late-writes.ts';
import { confirmOwned } from './announce.ts';
import { changePhase } from './change-phase.ts';
import { closeFence, settleWrites } from './fence.ts';
import { holdingWriters, holdLasts, keepFrozen, release } from './freeze.ts';
import { actFreshly } from './fresh-act.ts';
import { reverseSyncPass } from './passes.ts';
import { waitForPeers } from './peers.ts';
import { whyNoReverseSync } from './reverse-sync.ts';
import { type PassResult, runPass } from './run-pass.ts';
import type { Stage, StageResult } from './stage.ts';
import { type Compared, compareAgain, compareFreshly, comparePass, isStillFresh, onlyLive } from './verify.ts';
import { astrayInWords, refusalOf, type Whereabouts, whereaboutsOf } from './whereabouts.ts';

/**
 * A switch back. Lists what was written since the switch, and takes the alias back only when the word given says that many may be lost; then
 * both sides are compared once more, and what came in between is listed. The target is left as it is: it was live.
 */
export const rollBack: Stage = async (deps, migration) => {
  const whereabouts = await whereaboutsOf(deps, migration);
  return holdingWriters(deps, migration, async () => {
    if (whereabouts?.targetStands === false) return leaveBehind(deps, migration, whereabouts);
    if (await isTakenBack(deps, migration)) return lookAtLast(deps, migration);
    return bringsAlong(migration) ? bringAlong(deps, migration) : compareAndTakeBack(deps, migration);
  });
};

/** A word that writes may be lost wants the alias back now, by what has been brought along: also while the old model does not answer. */
function bringsAlong(migration: Migration): boolean {
  const { spec, cutover, loseWrites } = migration;
  return syncsBack(spec) && cutover === null && loseWrites === null && whyNoReverseSync(migration) === null;
}

/** The last pass of reverse sync, with writers held where that is asked for. Throws where the old model does not answer: a rollback waits for nobody. */
async function bringAlong(deps: CoordinatorDeps, migration: Migration): Promise<StageResult> {
  await keepFrozen(deps, migration);
  const result = await reverseSyncPass(deps, reversed(migration));
  if (result.kind === 'ended') {
    await updateWhereItStands(deps, migration, { cutover: 'compare', pass: null });
    return { kind: 'again', afterMs: 0 };
  }
  if (result.waiting?.kind === 'provider') throw cannotBring(migration, result.waiting.reason);
  return result;
}

function cannotBring({ id, resolved, spec }: Migration, why: string): ReembedError {
  return new ReembedError(
    'wrong-state',
    `what was written to "${spec.target.collection}" since cannot be brought to "${resolved.source}" now: it waits ${why}. Nothing was rolled back: ` +
      `say ${reembed('rollback', id)} again then, or at once with ${reembed('rollback', id, '--lose-writes', 0)}, which names how many would be lost`,
  );
}

/** Also where it was taken back by hand, or by a run of this stage that died. */
async function isTakenBack(deps: CoordinatorDeps, { spec, resolved, cutover }: Migration): Promise<boolean> {
  const { alias, collection } = spec.target;
  if (alias === null) return cutover === 'look-back';
  const pointsAt = (await deps.collections.aliases()).get(alias) ?? null;
  return pointsAt === resolved.aliasBefore && pointsAt !== collection;
}

async function compareAndTakeBack(deps: CoordinatorDeps, migration: Migration): Promise<StageResult> {
  const heldSince = await keepFrozen(deps, migration);
  const seen = afterSwitch(migration);
  const compares = migration.pass?.kind === 'verify' || migration.pass?.kind === 'reverse-verify';
  if (!compares) {
    if (fillsAfterSwitch(migration.spec) || syncsBack(migration.spec)) await closeFence(deps, migration);
    await settleWrites(deps, migration.spec.target.collection);
  } else if (heldSince !== 'held') {
    return compareAgain(deps, migration, 'writers were not held all the while: both sides are compared again');
  }
  const compared = await compareFreshly(deps, seen);
  if (compared.kind === 'again') return compared;
  const { findings } = compared.verification;
  const writes = differencesIn(findings);
  if (writes > 0 && isWorthAnotherRound(migration, compared)) return bringAlongAgain(deps, migration, compared);
  if (writes > (migration.loseWrites ?? 0)) {
    return { kind: 'next', to: 'observing', change: { rollback: { writes, findings }, loseWrites: null } };
  }
  if (!(await isCurrent(deps, migration)) || !holdLasts(deps, migration)) return { kind: 'again', afterMs: 0 };
  // Before the act, so that whoever goes on after a crash knows what was there already.
  const stands = await updateWhereItStands(deps, migration, { rollback: { writes, findings }, comparedPass: compared.pass });
  if (stands === null) return { kind: 'again', afterMs: 0 };
  await takeAliasBack(deps, migration, () => isStillFresh(deps, compared) && holdLasts(deps, migration));
  await updateWhereItStands(deps, migration, { cutover: 'look-back', pass: null });
  return { kind: 'again', afterMs: 0 };
}

/** Only what a live writer does between two readings is made less by another round, and never the very difference that was there before it. */
function isWorthAnotherRound(migration: Migration, { verification, differing }: Compared): boolean {
  const { spec, loseWrites, syncRounds } = migration;
  const mayMend = syncsBack(spec) && loseWrites === null && whyNoReverseSync(migration) === null && syncRounds < spec.sync.maxPasses;
  return mayMend && onlyLive(migration, verification) && differing !== migration.differing;
}

/** Writing begins again, so the phase does, with a fence of its own: the word to roll back stays good. */
async function bringAlongAgain(deps: CoordinatorDeps, migration: Migration, { verification, differing }: Compared): Promise<StageResult> {
  await note(deps, migration.id, `writes came meanwhile: ${findingsInWords(verification)}; they are brought along before anything moves`);
  await changePhase(deps, migration, (stored) =>
    edited(stored, 'rolling-back', isoNow(deps), { differing, syncRounds: migration.syncRounds + 1 }),
  );
  return { kind: 'again', afterMs: 0 };
}

/** A target that is gone has nothing to compare with: readers are led back at once, unless somebody has led them elsewhere. */
async function leaveBehind(deps: CoordinatorDeps, migration: Migration, whereabouts: Whereabouts): Promise<StageResult> {
  await closeFence(deps, migration);
  const gone = astrayInWords(migration, whereabouts);
  if (refusalOf(migration, 'rollback', { ...whereabouts, targetStands: true }) === null) await takeAliasBack(deps, migration, () => true);
  if (gone !== null) await note(deps, migration.id, gone);
  return { kind: 'next', to: 'rolled-back', change: { rollback: null } };
}

/** What both sides differ by now and did not before the alias went back was written to one of them in between: listed, and left alone. */
async function lookAtLast(deps: CoordinatorDeps, migration: Migration): Promise<StageResult> {
  const { alias } = migration.spec.target;
  // An alias that was taken back by hand finds the way back still open, and readers where it leads.
  if (migration.cutover !== 'look-back') await closeFence(deps, migration);
  if (migration.pass === null && alias !== null) await waitForPeers(deps, migration.id, alias, migration.resolved.aliasBefore);
  await release(deps, migration);
  const { rollback, cutover, id } = migration;
  if (cutover !== 'look-back') {
    await updateWhereItStands(deps, migration, { cutover: 'look-back', pass: null });
    return { kind: 'again', afterMs: 0 };
  }
  if (migration.pass === null) await settleWrites(deps, migration.spec.target.collection);
  const found = await (syncsBack(migration.spec) ? lookBack : compareOnce)(deps, migration);
  if ('kind' in found) return found;
  const { findings } = found;
  const late = hasMore(findings, rollback?.findings ?? []);
  if (late) await note(deps, id, `writes came while the alias went back: both sides differ by ${findingsInWords({ findings })}`);
  return { kind: 'next', to: 'rolled-back', change: { rollback: late ? { writes: differencesIn(findings), findings } : null } };
}

/** Whether a point differs that did not before: one that is alike again must not make up for it. Past the points that are named, by their number. */
function hasMore(now: readonly Finding[], before: readonly Finding[]): boolean {
  if (differencesIn(now) > differencesIn(before)) return true;
  if (before.some(({ count, ids }) => count > ids.length)) return false;
  const known = pointIdSet(before.flatMap(({ ids }) => ids));
  return now.some(({ ids }) => ids.some((id) => !known.has(id)));
}

type Found = { readonly findings: Finding[] } | Extract<PassResult, { kind: 'again' }>;

async function compareOnce(deps: CoordinatorDeps, migration: Migration): Promise<Found> {
  const compared = await comparePass(deps, migration);
  return compared.kind === 'again' ? compared : compared.verification;
}

/** What was left by a write reads as it did: only where it does not, something may have come late. */
async function lookBack(deps: CoordinatorDeps, migration: Migration): Promise<Found> {
  const looked = await runPass(deps, migration, 'reverse-look-back');
  if (looked.kind === 'again') return looked;
  return { findings: inOrderOfIds(looked.summary.findings) };
}

/** `stands`: whether what the act goes by still holds; where it does not, nothing is moved, and the stage finds that out. */
async function takeAliasBack(deps: CoordinatorDeps, migration: Migration, stands: () => boolean): Promise<void> {
  const { spec, resolved } = migration;
  const { alias } = spec.target;
  const { aliasBefore } = resolved;
  if (alias === null) return;
  const look = async () => {
    const pointsAt = (await deps.collections.aliases()).get(alias) ?? null;
    const refusal = refusalOf(migration, 'rollback', { targetStands: true, sourceStands: true, pointsAt, ledBy: null });
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
