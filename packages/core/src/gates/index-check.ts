import type { FidelityCheck } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';

/** How long the gates wait for an index that is still being built, in ms; then they say so. */
const longestWaitMs = 300_000;

/** Whether Qdrant reports the target optimized. A string is what to wait for. */
export async function checkIndex(
  deps: Pick<CoordinatorDeps, 'collections' | 'clock'>,
  { spec }: Migration,
  startedAt: string,
): Promise<FidelityCheck | string> {
  const name = 'index';
  const { collection } = spec.target;
  const waiting = await unsettled(deps, collection);
  if (waiting === null) {
    const { indexedVectors, points } = await deps.collections.indexing(collection);
    return { name, verdict: 'pass', message: `optimized: ${indexedVectors} vectors of ${points} points indexed`, ids: [] };
  }
  if (deps.clock.now().getTime() - Date.parse(startedAt) < longestWaitMs) return waiting;
  return { name, verdict: 'inconclusive', message: `still building after ${longestWaitMs / 1_000} s, waiting ${waiting}`, ids: [] };
}

/** An optimizer may need a moment to notice what a PATCH asks of it: the collection has to look settled twice, this far apart. */
const settleMs = 300;

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

/** Why the collection is not optimized yet; null when it is. */
export async function unsettled(deps: Pick<CoordinatorDeps, 'collections'>, collection: string): Promise<string | null> {
  const { status, optimizerStatus, pendingOptimizations, updateQueueLength, indexedVectors, points } =
    await deps.collections.indexing(collection);
  if (status === 'green' && optimizerStatus === 'ok' && pendingOptimizations === 0 && updateQueueLength === 0) return null;
  return `for Qdrant to index "${collection}": status ${status}, optimizer ${optimizerStatus}, ${indexedVectors} vectors of ${points} points indexed`;
}
