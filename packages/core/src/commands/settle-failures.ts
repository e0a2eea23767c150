import type { Migration } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { EntryChoice } from '../ports/state.ts';

/** Accepts points that are set aside to be missing, or has the next pass try them again: that one is not long in coming then, however quiet it was. */
export async function settleFailures(
  deps: CoordinatorDeps,
  { id }: Migration,
  act: 'retry' | 'accept',
  choice: EntryChoice,
): Promise<void> {
  await deps.setAside[act](id, choice);
  if (act === 'retry')
    await deps.migrations.update(id, (now) => (now.lag === null ? null : { ...now, lag: { ...now.lag, quietPasses: 0 } }));
}
