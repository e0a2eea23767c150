import { fenceAlias, fencePrefix, type Migration } from '../migration.ts';
import { type CoordinatorDeps, isCurrent } from './stage.ts';

/** Opens the way for this epoch's writes, after closing any of an earlier epoch or owner. False where the migration has moved on. */
export async function openFence(deps: CoordinatorDeps, migration: Migration): Promise<boolean> {
  const name = fenceAlias(migration.id, migration.epoch);
  const standing = await fences(deps, migration.id);
  const earlier = standing.filter((fence) => fence !== name);
  if (earlier.length > 0) await closeFences(deps, migration, earlier);
  if (!standing.includes(name)) {
    await deps.writers.open(migration.id, migration.epoch);
    await deps.collections.pointAlias(name, migration.spec.target.collection);
  }
  if (await isCurrent(deps, migration)) return true;
  // The migration was paused or cancelled while the alias was made: whoever closed the fence may have looked before it stood.
  await deps.collections.dropAlias(name);
  return false;
}

/**
 * Ends all writing: the alias goes, so that a paused or zombie worker's next write gets 404; writes already accepted are waited out; one
 * acknowledged write, and an empty update queue, show that nothing of them is still to come.
 */
export async function closeFence(deps: CoordinatorDeps, migration: Migration): Promise<void> {
  await closeFences(deps, migration, await fences(deps, migration.id));
}

/** Names of the migration's fences that stand. */
export async function fences(deps: CoordinatorDeps, id: string): Promise<string[]> {
  return [...(await deps.collections.aliases()).keys()].filter((alias) => alias.startsWith(fencePrefix(id)));
}

async function closeFences(deps: CoordinatorDeps, migration: Migration, names: readonly string[]): Promise<void> {
  for (const name of names) await deps.collections.dropAlias(name);
  const epochs = new Set([migration.epoch, ...names.map((name) => Number(name.slice(fencePrefix(migration.id).length)))]);
  for (const epoch of epochs) if (epoch > 0) await waitForWriters(deps, migration.id, epoch);
  const { collection } = migration.spec.target;
  if ((await deps.collections.describe(collection)) === null) return;
  await deps.collections.flush(collection);
  while ((await deps.collections.indexing(collection)).updateQueueLength > 0) await deps.clock.sleep(50);
}

/** Until every writer has left, or the longest a request can take has passed. A lost register means the full wait. */
async function waitForWriters({ writers, clock, requestTimeoutMs }: CoordinatorDeps, id: string, epoch: number): Promise<void> {
  const until = clock.monotonicMs() + requestTimeoutMs;
  while ((await writers.close(id, epoch)) !== 0 && clock.monotonicMs() < until) await clock.sleep(Math.min(50, requestTimeoutMs));
}
