import type { PassKind, PointId } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import { pointIdToJson } from '../domain/point-id.ts';
import { walkedPoints } from '../domain/walked-points.ts';
import type { CoordinatorDeps } from './stage.ts';

/** Entries looked up in one request. */
const pageEntries = 256;

/** Points that a pass of this kind finds no more where it reads are not set aside any longer: deleting a bad point is one way to mend it. */
export async function forgetVanished(deps: CoordinatorDeps, migration: Migration, kind: PassKind): Promise<void> {
  const { id } = migration;
  const { collection, filter } = walkedPoints(migration, kind);
  const gone: PointId[] = [];
  for (let cursor: string | null = null; ; ) {
    const { entries, next }: Awaited<ReturnType<typeof deps.setAside.page>> = await deps.setAside.page(id, cursor, pageEntries);
    const ids = entries.map((entry) => entry.id);
    const found = await deps.points.retrieve(collection, { ids, payload: false, vectors: [], filter });
    const present = new Set(found.map((point) => pointIdToJson(point.id)));
    gone.push(...ids.filter((point) => !present.has(pointIdToJson(point))));
    if (next === null) break;
    cursor = next;
  }
  await deps.setAside.remove(id, gone);
}
