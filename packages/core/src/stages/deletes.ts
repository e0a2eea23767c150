import type { PointId } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import { fenceAlias, type Migration, type Pass } from '../domain/migration.ts';
import { idsOf } from '../domain/point-id-set.ts';
import { sourceFilter } from '../domain/source-points.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { isCurrent, updateInPhase } from '../ports/migration-document.ts';
import { checkNotLive } from './live-target.ts';

const batch = 500;

/** Whatever the share, this many may go without asking. */
const alwaysAllowed = 10;

/**
 * Deletes from the target what the source no longer has, or has no longer among the points that migrate: the candidates a sync pass
 * collected, each looked up once more in the source, with the filter and at a majority of its replicas. Throws `deletes-need-approval` when they are more than may go unasked, before any of them is deleted.
 */
export async function deleteVanished(deps: CoordinatorDeps, migration: Migration, pass: Pass): Promise<void> {
  const gone: PointId[] = [];
  for await (const candidates of candidateBatches(deps, migration, pass)) gone.push(...(await stillGone(deps, migration, candidates)));
  if (gone.length === 0) return;
  const allowed = migration.deletesAllowed ?? (await unaskedDeletes(deps, migration));
  if (gone.length > allowed) throw tooMany(migration, gone, allowed);
  if (!(await removeAll(deps, migration, gone))) return;
  // Counted down until a person approves again: many small losses are a large one.
  await updateInPhase(deps, migration, { deletesAllowed: allowed - gone.length });
}

/** False where the migration has moved on. Throws `target-live`. A coordinator that writes is a writer: whoever closes the fence waits for it. */
async function removeAll(deps: CoordinatorDeps, migration: Migration, gone: readonly PointId[]): Promise<boolean> {
  const { id, epoch } = migration;
  if (!(await deps.writers.enter(id, epoch, 'deletes'))) return false;
  try {
    for (let from = 0; from < gone.length; from += batch) {
      if (!(await isCurrent(deps, migration))) return false;
      checkNotLive(migration, await deps.collections.aliases());
      await deps.points.remove(fenceAlias(id, epoch), gone.slice(from, from + batch));
    }
    return true;
  } finally {
    await deps.writers.leave(id, epoch, 'deletes');
  }
}

async function* candidateBatches({ ranges }: CoordinatorDeps, { id }: Migration, { number }: Pass): AsyncGenerator<readonly PointId[]> {
  for (let from = 0; ; from += batch) {
    const candidates = await ranges.listed(id, number, from, batch);
    if (candidates.length > 0) yield candidates.map((candidate) => candidate.id);
    if (candidates.length < batch) return;
  }
}

async function stillGone({ points }: CoordinatorDeps, { spec, resolved }: Migration, candidates: readonly PointId[]): Promise<PointId[]> {
  const request = { ids: candidates, payload: false, vectors: [], filter: sourceFilter(spec), majority: true };
  const found = await points.retrieve(resolved.source, request);
  const there = idsOf(found);
  return candidates.filter((id) => !there.has(id));
}

async function unaskedDeletes({ collections }: CoordinatorDeps, { spec }: Migration): Promise<number> {
  return Math.max(alwaysAllowed, Math.floor((await collections.count(spec.target.collection)) * spec.sync.maxDeleteShare));
}

function tooMany({ id, spec }: Migration, gone: readonly PointId[], allowed: number): ReembedError {
  const examples = gone.slice(0, 5).map((point) => point.id);
  return new ReembedError(
    'deletes-need-approval',
    `${gone.length} points of "${spec.target.collection}" are no longer in the source (${examples.join(', ')}${gone.length > 5 ? ', …' : ''}), and ${allowed} may go unasked ` +
      `(sync.maxDeleteShare ${spec.sync.maxDeleteShare}): if they were meant to be deleted, \`reembed resume ${id} --allow-deletes ${gone.length}\``,
  );
}
