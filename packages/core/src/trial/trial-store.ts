import {
  type MigrationMetadata,
  metadataKeys,
  type PhaseMetadata,
  type PointId,
  type Resolved,
  readMigration,
  type Spec,
  type TrialOutcome,
  type Witness,
} from '@reembed/contracts';
import { allPages } from '../domain/all-pages.ts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { isReembedError, ReembedError } from '../domain/error.ts';
import { textRules } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import { reembed } from '../domain/words.ts';
import { targetBody } from '../plan/target-schema.ts';
import type { Points } from '../ports/collections.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { sourceOrigins } from '../recipes/plan-scene.ts';
import { withMember } from '../recipes/target-payload.ts';
import { targetVectors } from '../recipes/target-vectors.ts';
import { changeOf, countedOf, shortWitness } from '../recipes/witness.ts';
import type { TrialDraw } from './draw-trial.ts';

/** In a payload of the trial: why the point was drawn. So the same trial again draws the same, and pays for it once. */
const markField = 'reembed_drawn';
export type Mark = 'random' | 'item';

/** The payload that says what was drawn by chance. */
export function withMarks(
  { id, payload }: Pick<PointText, 'id' | 'payload'>,
  { random, items }: Pick<TrialDraw, 'random' | 'items'>,
): string {
  const marks: Mark[] = [...(random.has(id) ? ['random' as const] : []), ...(items.has(id) ? ['item' as const] : [])];
  return marks.length === 0 ? payload : withMember(payload, markField, marks);
}

const idsAtOnce = 1_000;

/** The points of a trial's collection that have the mark. */
export async function markedIds(points: Pick<Points, 'scrollIds'>, collection: string, mark: Mark): Promise<PointId[]> {
  const filter = { must: [{ key: markField, match: { value: mark } }] };
  const load = (offset: PointId | null) => points.scrollIds(collection, { offset, limit: idsAtOnce, filter });
  const found: PointId[] = [];
  for await (const { ids } of allPages(load)) found.push(...ids);
  return found;
}

/** The same of the trial's own collection, which need not be there yet. */
export async function ownMarked(deps: Pick<CoordinatorDeps, 'collections' | 'points'>, collection: string, mark: Mark): Promise<PointId[]> {
  return (await deps.collections.describe(collection)) === null ? [] : markedIds(deps.points, collection, mark);
}

type StoreDeps = Pick<CoordinatorDeps, 'collections' | 'clock'>;

export type TrialRecord = {
  readonly id: string;
  readonly spec: Spec;
  readonly resolved: Resolved;
  readonly source: CollectionInfo;
  /** By vector of the trial. */
  readonly witness: Readonly<Record<string, Witness>>;
};

/**
 * The collection of a trial, made where it is not there yet. Its metadata tell of a migration that was cancelled: what a migration takes vectors from,
 * and what `reembed discard` deletes. Throws `model-changed` where a model gives other vectors than those that are kept there, `qdrant-conflict`
 * where the name is another's.
 */
export async function openTrial({ collections, clock }: StoreDeps, record: TrialRecord): Promise<MigrationMetadata> {
  const metadata = metadataOf(record, clock.now().toISOString());
  const { collection } = record.spec.target;
  const phase: PhaseMetadata = {
    ...{ number: 1, phase: 'cancelled', epoch: 0, resumeTo: null, owner: metadata.owner },
    ...{ at: metadata.createdAt, lateWrites: [] },
  };
  const claim = { [metadataKeys.migration]: metadata, [metadataKeys.phase]: phase };
  try {
    await collections.create(collection, targetBody(record.spec, record.source, record, claim));
    return metadata;
  } catch (error) {
    if (!isReembedError(error, 'qdrant-conflict')) throw error;
    return checkSame(record, readMigration((await collections.describe(collection))?.metadata));
  }
}

function metadataOf({ id, spec, resolved, witness, source }: TrialRecord, createdAt: string): MigrationMetadata {
  const embedded = Object.keys(witness).length;
  const short = Object.fromEntries(Object.entries(witness).map(([name, one]) => [name, shortWitness(one, embedded)]));
  const known = sourceOrigins(spec, source);
  const origins = targetVectors(spec).map(
    (vector) => [vector.name, vector.origin({ known, witness, resolved, said: spec.models })] as const,
  );
  return {
    ...{ format: 1, id, spec, labels: null, resolved: { ...resolved, earlier: null }, witness: short, reverseWitness: {} },
    vectors: Object.fromEntries(origins.flatMap(([name, origin]) => (origin === null ? [] : [[name, origin]]))),
    ...{ owner: 'trial', createdAt, textRules },
  };
}

/** The same trial before: its vectors are kept only where every model is still the same, and reads as much of a text. */
function checkSame({ id, spec, resolved, witness }: TrialRecord, found: MigrationMetadata | null): MigrationMetadata {
  const { collection } = spec.target;
  if (found?.id !== id)
    throw new ReembedError('qdrant-conflict', `there is a collection "${collection}" that is not of this trial: move it out of the way`);
  for (const [name, now] of Object.entries(witness)) {
    const before = found.witness[name];
    const what =
      before === undefined
        ? `nothing was kept that shows whether ${now.model} is the model that it was`
        : changeOf(before, now, countedOf({ spec, resolved }, name))?.what;
    if (what !== undefined)
      throw new ReembedError(
        'model-changed',
        `the vectors that an earlier run of this trial kept are not what would be made now: ${what}. ${reembed('discard', id, '--confirm', collection)} deletes them, then try again`,
      );
  }
  return found;
}

/** Keeps what was found beside the vectors, for the report of a migration that takes them. */
export async function keepOutcome(
  { collections }: Pick<StoreDeps, 'collections'>,
  { spec }: TrialRecord,
  outcome: TrialOutcome,
): Promise<void> {
  await collections.patch(spec.target.collection, { metadata: { [metadataKeys.trial]: outcome } });
}
