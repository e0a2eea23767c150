import type { Migration } from '../domain/migration.ts';
import { isInPlace } from '../recipes/filled-vectors.ts';
import { openFence } from './fence.ts';
import { fillPass } from './fill.ts';
import { forgetVanished } from './forget-vanished.ts';
import { type PassResult, runPass } from './run-pass.ts';
import type { CoordinatorDeps, Stage } from './stage.ts';
import { keepWatermark } from './sync.ts';

/** Opens the fence and runs the first pass on the fleet: it copies, or fills in where the points live. */
export const copy: Stage = async (deps, migration) => {
  const result = await (isInPlace(migration.spec) ? fillPass : copyPass)(deps, migration);
  return result.kind === 'again' ? result : { kind: 'next', to: 'indexing' };
};

async function copyPass(deps: CoordinatorDeps, migration: Migration): Promise<PassResult> {
  if (!(await openFence(deps, migration))) return { kind: 'again', afterMs: 0 };
  const result = await runPass(deps, migration, 'copy');
  if (result.kind === 'again') return result;
  await keepWatermark(deps, migration, result);
  await forgetVanished(deps, migration, 'copy');
  return result;
}
