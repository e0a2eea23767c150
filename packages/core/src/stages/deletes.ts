import type { PointId } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import { fenceOf, type Migration, type Pass } from '../domain/migration.ts';
import { idsOf } from '../domain/point-id-set.ts';
import { sourceFilter } from '../domain/source-points.ts';
import { reembed } from '../domain/words.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { isCurrent, updateInPhase } from '../ports/migration-document.ts';
import { checkNotLive } from './live-target.ts';

const batch = 500;

/** Whatever the share, this many may go without asking. */
const alwaysAllowed = 10;

/** Candidates looked up at least before it is said how many are gone: past them "more than may go" is enough. */
const countedCandidates = 5_000;

/**
 * Deletes from the target what the source no longer has, or has no longer among the points that migrate: the candidates a sync pass
 * collected, each looked up once more in the source, with the filter and at a majority of its replicas. Throws `deletes-need-approval` when
 * they are more than may go unasked, before any of them is deleted. Counted first and deleted batch by batch, so that no list of them is held.
 */
export async function deleteVanished(deps: CoordinatorDeps, migration: Migration, pass: Pass): Promise<void> {
  const allowed = migration.deletesAllowed ?? (await unaskedDeletes(deps, migration));
  const gone = await countGone(deps, migration, pass, allowed);
  if (gone.count === 0) return;
  if (gone.count > allowed) throw tooMany(migration, gone, allowed);
  const removed = await removeAll(deps, migration, pass, allowed);
  // Counted down until a person approves again: many small losses are a large one.
  if (removed !== null) await updateInPhase(deps, migration, { deletesAllowed: allowed - removed });
}

/** `atMost`: where it was not looked any further once it was clear that a person has to be asked, how many there may be; else null. */
type Gone = { readonly count: number; readonly atMost: number | null; readonly examples: readonly PointId[] };

async function countGone(deps: CoordinatorDeps, migration: Migration, pass: Pass, allowed: number): Promise<Gone> {
  const examples: PointId[] = [];
  let [count, candidates] = [0, 0];
  for await (const batch of candidateBatches(deps, migration, pass)) {
    const gone = await stillGone(deps, migration, batch);
    examples.push(...gone.slice(0, shownExamples - examples.length));
    count += gone.length;
    candidates += batch.length;
    if (count > allowed && candidates >= countedCandidates) return { count, atMost: await listedExtras(deps, migration, pass), examples };
  }
  return { count, atMost: null, examples };
}

async function listedExtras({ ranges }: CoordinatorDeps, { id }: Migration, { number }: Pass): Promise<number> {
  const { findings } = await ranges.summary(id, number);
  return findings.find(({ kind }) => kind === 'extra')?.count ?? 0;
}

const shownExamples = 5;

/**
 * How many were deleted; null where the migration has moved on. Each batch is looked up once more, and never more go than may. Throws
 * `target-live`. A coordinator that writes is a writer: whoever closes the fence waits for it.
 */
async function removeAll(deps: CoordinatorDeps, migration: Migration, pass: Pass, allowed: number): Promise<number | null> {
  const { id, epoch } = migration;
  if (!(await deps.writers.enter(id, epoch, 'deletes'))) return null;
  let removed = 0;
  try {
    for await (const candidates of candidateBatches(deps, migration, pass)) {
      const gone = (await stillGone(deps, migration, candidates)).slice(0, allowed - removed);
      if (gone.length === 0) continue;
      if (!(await isCurrent(deps, migration))) return null;
      checkNotLive(migration, await deps.collections.aliases());
      await deps.points.remove(fenceOf(migration), gone);
      removed += gone.length;
    }
    return removed;
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

function tooMany({ id, spec, resolved, isReversed }: Migration, { count, atMost, examples }: Gone, allowed: number): ReembedError {
  const { collection } = spec.target;
  const shown = `${examples.map((point) => point.id).join(', ')}${count > examples.length ? ', …' : ''}`;
  const howMany = atMost === null ? `${count}` : `${count} and more, at most ${atMost},`;
  return new ReembedError(
    'deletes-need-approval',
    `${howMany} points of "${collection}" are no longer in ${isReversed ? `"${resolved.source}"` : 'the source'} (${shown}), and ${allowed} may go unasked ` +
      `(sync.maxDeleteShare ${spec.sync.maxDeleteShare}): if they were meant to be deleted, ${reembed('resume', id, '--allow-deletes', atMost ?? count)}; if not, bring them back, then ${reembed('resume', id)}`,
  );
}
