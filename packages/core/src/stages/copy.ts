import { openFence } from './fence.ts';
import { runPass } from './run-pass.ts';
import type { Stage } from './stage.ts';

/** Opens the fence and runs the copy pass on the fleet. */
export const copy: Stage = async (deps, migration) => {
  if (!(await openFence(deps, migration))) return { kind: 'again', afterMs: 0 };
  const result = await runPass(deps, migration, 'copy');
  return result.kind === 'again' ? result : { kind: 'next', to: 'indexing' };
};
