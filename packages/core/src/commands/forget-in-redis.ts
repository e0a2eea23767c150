import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';

type Kept = Pick<CoordinatorDeps, 'rangeQueue' | 'ranges' | 'migrations'>;

/** Forgets all that Redis has under the id of a migration, also of one whose document cannot be read. */
export async function forgetInRedis({ rangeQueue, ranges, migrations }: Kept, id: string): Promise<void> {
  await rangeQueue.remove(id);
  await ranges.shed(id);
  await ranges.forgetPasses(id, Number.POSITIVE_INFINITY, []);
  // Last, so that what was begun is found again.
  await migrations.remove(id);
}
