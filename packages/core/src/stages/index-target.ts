import type { Migration } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { unsettledAfterPatch } from '../gates/fidelity-checks.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { closeFence } from './fence.ts';
import type { Stage } from './stage.ts';

/** Ends the writing, puts the held-back settings in force, and waits until Qdrant reports the collection optimized. */
export const indexTarget: Stage = async (deps, migration) => {
  const { collection } = migration.spec.target;
  await closeFence(deps, migration);
  if (!isInPlace(migration.spec)) await restoreSettings(deps, migration);
  const reason = await unsettledAfterPatch(deps, collection);
  return reason === null ? { kind: 'next', to: 'verifying' } : { kind: 'again', afterMs: 500, waiting: { kind: 'indexing', reason } };
};

async function restoreSettings(deps: CoordinatorDeps, { spec, resolved }: Migration): Promise<void> {
  const { indexingThreshold, strictMode } = resolved.heldBack;
  await deps.collections.patch(spec.target.collection, {
    // Without a threshold of its own the source ran on the server's default, which this number is on every version supported.
    optimizers_config: { indexing_threshold: indexingThreshold ?? 10_000 },
    ...(strictMode === null ? {} : { strict_mode_config: strictMode }),
  });
}
