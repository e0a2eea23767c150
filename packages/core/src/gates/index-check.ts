import type { FidelityCheck } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import { unsettled } from '../stages/index-target.ts';
import type { CoordinatorDeps } from '../stages/stage.ts';

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
