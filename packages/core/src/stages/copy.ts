import { openFence } from './fence.ts';
import { forgetVanished } from './forget-vanished.ts';
import { runPass } from './run-pass.ts';
import type { Stage } from './stage.ts';
import { keepWatermark } from './sync.ts';

/** Opens the fence and runs the copy pass on the fleet. */
export const copy: Stage = async (deps, migration) => {
  if (!(await openFence(deps, migration))) return { kind: 'again', afterMs: 0 };
  const result = await runPass(deps, migration, 'copy');
  if (result.kind === 'again') return result;
  await keepWatermark(deps, migration, result);
  await forgetVanished(deps, migration);
  return { kind: 'next', to: 'indexing' };
};
