import { type EarlierTarget, type MigrationMetadata, readMigration, readPhase, readTrial, type Witness } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { isFenceAlias, nextAlias, readerByAlias } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import { byId, idsOf, type PointIdSet } from '../domain/point-id-set.ts';
import { sourceFilter } from '../domain/source-points.ts';
import { type Collections, describeAll, type Points } from '../ports/collections.ts';
import { earlierTarget, reuseEarlier, type Wanted } from '../recipes/earlier-vectors.ts';
import type { EarlierReading } from '../recipes/plan-scene.ts';
import { label } from '../recipes/target-vector.ts';
import { targetVectors } from '../recipes/target-vectors.ts';
import { changeOf, countedOf } from '../recipes/witness.ts';

type FindDeps = { readonly collections: Pick<Collections, 'names' | 'describe'>; readonly points: Pick<Points, 'retrieve' | 'sample'> };

/** `alive`: the id of a migration that is looked at as if it had been cancelled. `witness`: by vector, of the models of today; a plan has yet to ask them. */
type Around = {
  readonly source: CollectionInfo;
  readonly sample: readonly PointText[];
  readonly aliases: ReadonlyMap<string, string>;
  readonly alive?: string | undefined;
  readonly witness?: Readonly<Record<string, Witness>> | undefined;
};

/**
 * The target of a cancelled migration of the same source that has most of what is wanted, judged by the sample; of two the younger one. One of which
 * the sample has nothing is taken where nothing else has anything. Null:
 * none has anything of it.
 */
export async function findEarlier(deps: FindDeps, wanted: Wanted, around: Around): Promise<EarlierReading | null> {
  let best: (EarlierReading & { readonly score: number; readonly createdAt: string }) | null = null;
  for await (const info of describeAll(deps.collections)) {
    const record = info.name === wanted.spec.target.collection && around.alive === undefined ? null : leftOver(info, around);
    const found = record === null ? null : earlierTarget(record, { ...info.vectors, ...info.sparseVectors }, wanted);
    const earlier = record === null || found === null ? null : ofSameModels(found, record, wanted, around);
    if (record === null || earlier === null) continue;
    const kept = await keptOf(deps.points, earlier, wanted, around.sample);
    const score = countOf(kept) || ((await isAnythingTaken(deps.points, earlier, wanted, around)) ? lowestScore : 0);
    const isBetter = best === null || score > best.score || (score === best.score && record.createdAt > best.createdAt);
    if (score > 0 && isBetter) best = { earlier: { ...earlier, ...triedBy(info, wanted) }, kept, score, createdAt: record.createdAt };
  }
  return best === null ? null : { earlier: best.earlier, kept: best.kept };
}

function triedBy({ metadata }: CollectionInfo, { spec }: Wanted): Pick<EarlierTarget, 'trial'> {
  const outcome = readTrial(metadata);
  if (outcome === null) return {};
  const verdict = outcome.candidates.find(({ name }) => name === spec.name)?.verdict ?? null;
  return { trial: { points: outcome.points, verdict } };
}

/** What is left of it where today's models are known: a larger target of a model that has changed would hide a smaller one that is right. */
function ofSameModels(earlier: EarlierTarget, record: MigrationMetadata, { resolved }: Wanted, { witness }: Around): EarlierTarget | null {
  if (witness === undefined) return earlier;
  const same = Object.entries(earlier.vectors).filter(([name, from]) => {
    const [before, now] = [record.witness[from], witness[name]];
    if (before === undefined || now === undefined) return false;
    const { lengths, limit } = countedOf(record, from);
    return changeOf(before, now, { lengths: lengths && countedOf({ spec: record.spec, resolved }, name).lengths, limit }) === null;
  });
  return same.length === 0 ? null : { ...earlier, vectors: Object.fromEntries(same) };
}

/** Of what has something, and of which the sample has nothing. */
const lowestScore = 0.5;

function countOf(kept: EarlierReading['kept']): number {
  return Object.values(kept).reduce((sum, ids) => sum + ids.size, 0);
}

const looked = 64;

/** A sample of millions has none of the few thousand points that a trial left: then some of those are looked at. */
async function isAnythingTaken(points: FindDeps['points'], earlier: EarlierTarget, wanted: Wanted, { source }: Around): Promise<boolean> {
  const left = await points.sample(earlier.collection, looked);
  const filter = sourceFilter(wanted.spec);
  const there =
    left.length === 0 ? [] : await points.retrieve(source.name, { ids: left.map(({ id }) => id), payload: true, vectors: [], filter });
  return countOf(await keptOf(points, earlier, wanted, there)) > 0;
}

/** The record of the migration that left this collection; null where it is none such, or others use it. */
function leftOver(info: CollectionInfo, { source, aliases, alive }: Around): MigrationMetadata | null {
  const record = readMigration(info.metadata);
  if (record === null || record.resolved.source !== source.name || record.spec.target.collection !== info.name) return null;
  const isLeft = record.id === alive || isAbandoned(info);
  return isLeft && usersOf(info.name, record, aliases).length === 0 ? record : null;
}

/** Whether the collection's migration was cancelled, and so writes to it no more, and never led readers to it. */
export function isAbandoned({ metadata }: Pick<CollectionInfo, 'metadata'>): boolean {
  const last = readPhase(metadata);
  return last !== null && last.seen === undefined && (last.phase === 'cancelling' || last.phase === 'cancelled');
}

/** The aliases by which others use what a migration left: where somebody writes, a payload may be edited and its vectors not. */
export function usersOf(
  collection: string,
  { spec: { target } }: Pick<MigrationMetadata, 'spec'>,
  aliases: ReadonlyMap<string, string>,
): string[] {
  const isOurs = (name: string) =>
    isFenceAlias(name) || readerByAlias(name) !== null || (target.alias !== null && name === nextAlias(target.alias));
  return [...aliases].flatMap(([name, pointsAt]) => (pointsAt === collection && !isOurs(name) ? [name] : []));
}

/** By target vector name: the sampled points whose vector would be taken. */
async function keptOf(
  points: FindDeps['points'],
  earlier: EarlierTarget,
  { spec }: Wanted,
  sample: readonly PointText[],
): Promise<Record<string, PointIdSet>> {
  const request = { ids: sample.map(({ id }) => id), payload: true, vectors: [...new Set(Object.values(earlier.vectors))] };
  const stored = sample.length === 0 ? [] : await points.retrieve(earlier.collection, request);
  const reuse = reuseEarlier(earlier, byId(stored));
  const taken = targetVectors(spec).filter(({ name }) => earlier.vectors[name] !== undefined);
  return Object.fromEntries(taken.map((vector) => [vector.name, idsOf(sample.filter((point) => reuse(vector, point) !== null))]));
}

/** `the vector "dense" of 98 of 100 sampled points`, of each vector. */
export function takenOfSample({ kept }: Pick<EarlierReading, 'kept'>, sampledPoints: number): string {
  return Object.entries(kept)
    .map(([name, ids]) => `${label(name)} of ${ids.size} of ${sampledPoints} sampled points`)
    .join(', ');
}
