import { isInPlace } from '../domain/recipes-of.ts';
import { copyPass, fillPass, lagOf, syncPass } from './passes.ts';
import type { Stage } from './stage.ts';

/** Opens the fence and runs the first pass on the fleet: it copies, or fills in where the points live. */
export const copy: Stage = async (deps, migration) => {
  const result = await (isInPlace(migration.spec) ? fillPass : copyPass)(deps, migration);
  return result.kind === 'again' ? result : { kind: 'next', to: 'indexing' };
};

/** Brings a target that has fallen behind up to the source, then has it verified again. */
export const sync: Stage = async (deps, migration) => {
  const result = await syncPass(deps, migration);
  return result.kind === 'again' ? result : { kind: 'next', to: 'verifying', change: { lag: lagOf(deps, result) } };
};
