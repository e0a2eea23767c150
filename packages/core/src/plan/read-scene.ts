import { type AdapterHeader, type Phase, type Resolved, readClaim, readPhase, type Spec } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { isReembedError, type ReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import { sourceFilter } from '../domain/source-points.ts';
import { hasEnded } from '../domain/transitions.ts';
import { reembed } from '../domain/words.ts';
import type { Collections, Points } from '../ports/collections.ts';
import type { LearnedMaps } from '../ports/learned-maps.ts';
import type { TextSources } from '../ports/text-sources.ts';
import type { AdapterReading, ServerState, SourceReading, TextReading } from '../recipes/plan-scene.ts';
import { withTextsOnce } from '../recipes/point-texts.ts';

/** Reads it all, and resolves the source's alias: once, here, and never again. */
export async function readServerState(collections: Collections, spec: Spec): Promise<ServerState> {
  const [serverVersion, aliases, names] = await Promise.all([collections.serverVersion(), collections.aliases(), collections.names()]);
  const given = spec.source.collection;
  const behindAlias = aliases.get(given);
  const [source, target] = await Promise.all([collections.describe(behindAlias ?? given), collections.describe(spec.target.collection)]);
  return { serverVersion, aliases, collections: names, source, sourceAlias: behindAlias === undefined ? null : given, target };
}

/** Points read to see how texts look. */
export const samplePoints = 256;

const nothing: SourceReading = { sample: [], points: 0, allPoints: 0, refusal: null };

/** Counts and samples the points that migrate. */
export async function readSource(
  { collections, points }: { readonly collections: Pick<Collections, 'count'>; readonly points: Pick<Points, 'sample'> },
  spec: Spec,
  source: CollectionInfo | null,
): Promise<SourceReading> {
  if (source === null) return nothing;
  const filter = sourceFilter(spec);
  if (forbidsExact(source)) {
    // Blocked, so what the server says by itself is good enough to be shown.
    const sample = await points.sample(source.name, samplePoints);
    return { sample, points: source.pointsCount, allPoints: source.pointsCount, refusal: null };
  }
  const allPoints = await collections.count(source.name);
  if (filter === undefined) return { sample: await points.sample(source.name, samplePoints), points: allPoints, allPoints, refusal: null };
  try {
    const matching = await collections.count(source.name, filter);
    return { sample: await points.sample(source.name, samplePoints, { filter }), points: matching, allPoints, refusal: null };
  } catch (error) {
    if (isReembedError(error, 'qdrant-refused')) return { ...nothing, allPoints, refusal: error };
    throw error;
  }
}

/** Whether strict mode refuses exact counts. */
function forbidsExact({ strictModeConfig }: CollectionInfo): boolean {
  return strictModeConfig?.enabled === true && strictModeConfig.search_allow_exact === false;
}

/** The sample with what `source.textFrom` has for it. Asked in one try: a plan says what it could not see. */
export async function readTexts(
  sources: TextSources,
  spec: Spec,
  sample: readonly PointText[],
): Promise<{ sample: readonly PointText[]; texts: TextReading }> {
  try {
    const name = spec.source.textFrom.file;
    const file = name === null ? null : await sources.pin(name);
    return { sample: await withTextsOnce(sources, { spec, resolved: { textFile: file } }, sample), texts: { file, fault: null } };
  } catch (error) {
    if (isReembedError(error)) return { sample, texts: { file: null, fault: error } };
    throw error;
  }
}

export async function readAdapters(adapters: LearnedMaps, spec: Spec): Promise<AdapterReading> {
  const read = Object.entries(spec.vectors).flatMap(([name, { project }]) =>
    project === undefined ? [] : [headerOf(adapters, project.adapter).then((header) => [name, header] as const)],
  );
  return Object.fromEntries(await Promise.all(read));
}

async function headerOf(adapters: LearnedMaps, name: string): Promise<AdapterHeader | ReembedError> {
  try {
    return await adapters.header(name);
  } catch (error) {
    if (isReembedError(error, 'invalid-adapter')) return error;
    throw error;
  }
}

/** What a migration keeps of its adapters: which map it is, whatever stands under the file's name later. */
export function pinnedAdapters(reading: AdapterReading): Resolved['adapters'] {
  const pinned = Object.entries(reading).flatMap(([vector, header]) =>
    header instanceof Error ? [] : [[vector, { sha256: header.sha256, from: header.from, to: header.to }] as const],
  );
  return Object.fromEntries(pinned);
}

/** The source's vectors with their dimensions; null: a sparse one. */
export function vectorsOf({ vectors, sparseVectors }: Pick<CollectionInfo, 'vectors' | 'sparseVectors'>): Resolved['sourceVectors'] {
  return {
    ...Object.fromEntries(Object.entries(vectors).map(([name, { size }]) => [name, size])),
    ...Object.fromEntries(Object.keys(sparseVectors).map((name) => [name, null])),
  };
}

/** Of damaged metadata nobody knows; it may be at work. */
const unsaid = 'damaged (its metadata says no phase)';

type ActiveMigration = {
  readonly id: string;
  readonly source: string | null;
  readonly phase: Phase | typeof unsaid;
  /** What comes before any other word about it, where its metadata is damaged: it may have ended. */
  readonly mending: string | null;
};

/** The migration that a collection's metadata tells of, unless that says that it has ended. */
export function activeMigrationOf({ name, metadata }: Pick<CollectionInfo, 'name' | 'metadata'>): ActiveMigration | null {
  const [claim, last] = [readClaim(metadata), readPhase(metadata)];
  if (claim === null || (last !== null && hasEnded(last))) return null;
  if (last !== null) return { ...claim, phase: last.phase, mending: null };
  const mending = `say ${reembed('adopt', name, '--rebuild-metadata')} to the fleet that had it, which writes anew where it stands; end it then, unless it has ended`;
  return { ...claim, phase: unsaid, mending };
}
