import type { Migration } from '../domain/migration.ts';
import { isInPlace } from '../recipes/filled-vectors.ts';
import { closeFence } from './fence.ts';
import type { CoordinatorDeps, Stage } from './stage.ts';

/** An optimizer may need a moment to notice what a PATCH asks of it: the collection has to look settled twice, this far apart. */
const settleMs = 300;

/** Ends the writing, puts the held-back settings in force, and waits until Qdrant reports the collection optimized. */
export const indexTarget: Stage = async (deps, migration) => {
  const { collection } = migration.spec.target;
  await closeFence(deps, migration);
  if (!isInPlace(migration.spec)) await restoreSettings(deps, migration);
  const waiting = await unsettledAfterPatch(deps, collection);
  return waiting === null ? { kind: 'next', to: 'verifying' } : { kind: 'again', afterMs: 500, waiting };
};

/** The same as `unsettled`, of a collection whose settings have just been changed. */
export async function unsettledAfterPatch(
  deps: Pick<CoordinatorDeps, 'collections' | 'clock'>,
  collection: string,
): Promise<string | null> {
  const first = await unsettled(deps, collection);
  if (first !== null) return first;
  await deps.clock.sleep(settleMs);
  return unsettled(deps, collection);
}

async function restoreSettings(deps: CoordinatorDeps, { spec, resolved }: Migration): Promise<void> {
  const { indexingThreshold, strictMode } = resolved.heldBack;
  await deps.collections.patch(spec.target.collection, {
    // Without a threshold of its own the source ran on the server's default, which this number is on every version supported.
    optimizers_config: { indexing_threshold: indexingThreshold ?? 10_000 },
    ...(strictMode === null ? {} : { strict_mode_config: strictMode }),
  });
}

/** Why the collection is not optimized yet; null when it is. */
export async function unsettled(deps: Pick<CoordinatorDeps, 'collections'>, collection: string): Promise<string | null> {
  const { status, optimizerStatus, pendingOptimizations, updateQueueLength, indexedVectors, points } =
    await deps.collections.indexing(collection);
  if (status === 'green' && optimizerStatus === 'ok' && pendingOptimizations === 0 && updateQueueLength === 0) return null;
  return `for Qdrant to index "${collection}": status ${status}, optimizer ${optimizerStatus}, ${indexedVectors} vectors of ${points} points indexed`;
}
