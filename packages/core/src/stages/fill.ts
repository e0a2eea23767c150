import type { Migration } from '../domain/migration.ts';
import { fillsAfterSwitch } from '../recipes/filled-vectors.ts';
import { openFence } from './fence.ts';
import { followGently } from './follow-gently.ts';
import { forgetVanished } from './forget-vanished.ts';
import { type PassOptions, type PassResult, runPass } from './run-pass.ts';
import type { CoordinatorDeps, Stage } from './stage.ts';

/** One pass behind the fence of this epoch that gives points the vectors they lack, in the collection they live in. */
export async function fillPass(deps: CoordinatorDeps, migration: Migration, options: PassOptions = {}): Promise<PassResult> {
  if (!(await openFence(deps, migration))) return { kind: 'again', afterMs: 0 };
  const result = await runPass(deps, migration, 'backfill', options);
  if (result.kind === 'again') return result;
  await forgetVanished(deps, migration, 'backfill');
  return result;
}

/**
 * After the switch: an application that does not know the new vectors yet replaces points without them. What is missing is filled in until
 * the migration is completed. A migration without a kept vector has nothing to wait for.
 */
export const observe: Stage = async (deps, migration) =>
  fillsAfterSwitch(migration.spec) ? followGently(deps, migration, fillPass) : { kind: 'rest' };
