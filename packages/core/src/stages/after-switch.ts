import type { Finding, PointId } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { fillsAfterSwitch } from '../domain/recipes-of.ts';
import { differencesIn } from '../domain/words.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { isCurrent } from '../ports/migration-document.ts';
import { listLateWrites, openAfterInserting } from '../ranges/late-writes.ts';
import { closeFence, openFence } from './fence.ts';
import { fillPass } from './passes.ts';
import { followGently } from './ready.ts';
import { runPass } from './run-pass.ts';
import type { Stage } from './stage.ts';
import { comparePass } from './verify.ts';

/** Late writes looked up in one request, and how many are named. */
const lateBatch = 500;
const mostIds = 100;

/**
 * After the switch: an application that does not know the new vectors yet replaces points without them. What is missing is filled in until
 * the migration is completed. A migration without a kept vector has nothing to wait for.
 */
export const observe: Stage = async (deps, migration) =>
  fillsAfterSwitch(migration.spec) ? followGently(deps, migration, fillPass) : { kind: 'rest' };

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
  for (let from = 0; ; from += lateBatch) {
    const late = await listLateWrites(deps.ranges, migration, from, lateBatch);
    const missing = late.filter(({ kind }) => kind === 'missing').map(({ id }) => id);
    const failed = missing.length === 0 ? [] : await deps.setAside.among(migration.id, missing);
    count += failed.length;
    ids.push(...failed.map(({ id }) => id).slice(0, Math.max(0, mostIds - ids.length)));
    if (late.length < lateBatch) return count === 0 ? [] : [{ kind: 'missing', count, ids }];
  }
}

/**
 * Lists what was written since the switch, and takes the alias back only when the word given says that many may be lost. The target is
 * left as it is: it was live.
 */
export const rollBack: Stage = async (deps, migration) => {
  if (fillsAfterSwitch(migration.spec) && migration.pass?.kind !== 'verify') await closeFence(deps, migration);
  const compared = await comparePass(deps, migration);
  if (compared.kind === 'again') return compared;
  const writes = differencesIn(compared.verification.findings);
  if (writes > (migration.loseWrites ?? 0)) {
    return { kind: 'next', to: 'observing', change: { rollback: { writes, findings: compared.verification.findings }, loseWrites: null } };
  }
  if (!(await isCurrent(deps, migration))) return { kind: 'again', afterMs: 0 };
  await takeAliasBack(deps, migration);
  return { kind: 'next', to: 'rolled-back', change: { rollback: null } };
};

async function takeAliasBack(deps: CoordinatorDeps, { spec, resolved }: Migration): Promise<void> {
  const { alias, collection } = spec.target;
  if (alias === null) return;
  const pointsAt = (await deps.collections.aliases()).get(alias) ?? null;
  if (pointsAt !== collection && pointsAt !== resolved.aliasBefore) {
    throw new ReembedError(
      'migration-failed',
      `the alias "${alias}" points at "${pointsAt}", which this migration knows nothing of: it is left alone`,
    );
  }
  if (resolved.aliasBefore === null) await deps.collections.dropAlias(alias);
  else await deps.collections.pointAlias(alias, resolved.aliasBefore);
  const after = (await deps.collections.aliases()).get(alias) ?? null;
  if (after !== resolved.aliasBefore)
    throw new ReembedError('migration-failed', `the alias "${alias}" was taken back and reads back as "${after}"`);
}
