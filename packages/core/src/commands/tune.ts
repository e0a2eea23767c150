import type { TuneRequest } from '@reembed/contracts';
import { percent } from '../domain/amounts.ts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { parseSpec } from '../domain/parse-spec.ts';
import { type CoordinatorDeps, note } from '../ports/coordinator-deps.ts';
import { updateInPhase } from '../ports/migration-document.ts';
import { loadOwned } from './commands.ts';
import { type Edited, editSpec } from './edit-spec.ts';

/**
 * Changes how fast a migration under way goes, and how far by itself; what is left out stays. Throws what `editSpec` throws, and
 * `invalid-spec` where the values do not go together.
 */
export async function tune(deps: CoordinatorDeps, id: string, { throttle = {}, copy = {}, until }: TuneRequest): Promise<Edited> {
  const migration = await loadOwned(deps, id);
  if (until !== undefined) checkFirstPass(migration);
  const { spec } = migration;
  const edited = await editSpec(
    deps,
    migration,
    parseSpec({ ...spec, throttle: { ...spec.throttle, ...throttle }, copy: { ...spec.copy, ...copy } }),
  );
  if (until === undefined) return edited;
  const now = await updateInPhase(deps, edited.migration, { until });
  if (now === null) return tune(deps, id, { until });
  await note(deps, id, until === null ? 'it goes on to the end by itself' : `it pauses once ${percent(until)} of the points are done`);
  return { ...edited, migration: now };
}

/** Past the first pass nothing is left that a look at a part could stop. */
function checkFirstPass({ id, phase, resumeTo }: Migration): void {
  const at = phase === 'paused' || phase === 'failed' || phase === 'pausing' ? resumeTo : phase;
  if (at === 'preparing' || at === 'copying') return;
  throw new ReembedError(
    'wrong-state',
    `migration ${id} is ${phase}, past its first pass: it cannot stop at a part of the points any more`,
  );
}
