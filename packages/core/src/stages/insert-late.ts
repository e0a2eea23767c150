import { openAfterInserting } from '../ranges/late-writes.ts';
import { closeFence, openFence } from './fence.ts';
import { runPass } from './run-pass.ts';
import type { Stage } from './stage.ts';

/** Inserts into the live target what the look back listed as missing; nothing that is there is changed. */
export const insertLate: Stage = async (deps, migration) => {
  if (!(await openFence(deps, migration))) return { kind: 'again', afterMs: 0 };
  const result = await runPass(deps, migration, 'insert-late');
  if (result.kind === 'again') return result;
  await closeFence(deps, migration);
  return { kind: 'next', to: 'observing', change: { lateWrites: openAfterInserting(migration) } };
};
