import type { QualityGate, SearchProfile, Spec } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { isReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { byId } from '../domain/point-id-set.ts';
import { matchRecipe } from '../domain/recipes-of.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { GateDraw } from '../ports/fleet.ts';
import { searchedVectors } from '../ports/searches.ts';
import { compareQueries } from '../quality/compare-queries.ts';
import { equalRecallInWords } from '../quality/equal-recall.ts';
import { fusionInWords } from '../quality/fusion-reasons.ts';
import { knownItemId } from '../quality/known-items.ts';
import type { SameSpaceChange } from '../quality/quality-verdict.ts';
import type { SearchAnswer, SearchedQuery } from '../quality/searched-query.ts';
import { sourceOrigins } from '../recipes/plan-scene.ts';
import { probedPoints } from './draw-points.ts';
import { asFailure, type Failure } from './embedded-again.ts';
import { latencyAtEqualRecall } from './equal-recall.ts';
import { withTextsOfHits } from './hit-texts.ts';
import { judgeQuality, partsToJudge, withoutTexts, withShownTexts } from './judge-quality.ts';
import { countedQrels } from './judged-documents.ts';
import { type OldModelProof, proveOldModel } from './old-model.ts';
import { encodeQueries, encodersOf, newProfile, unknownNew, unknownOld } from './query-encoders.ts';
import { hitReading, type PreparedQuery, type SearchSides, searchQuery, searchSide, sidesOf } from './search-sides.ts';
import { bm25Warnings, type SystemProfile, searchSystems, vectorsOf } from './search-systems.ts';

type QualityDeps = Pick<
  CoordinatorDeps,
  'collections' | 'points' | 'searches' | 'modelCalls' | 'catalogue' | 'learnedMaps' | 'textSources' | 'calculate'
>;

/** What is asked of both sides; or why nothing can be. */
export type PreparedQuality =
  | {
      readonly profile: SearchProfile;
      readonly systems: readonly SystemProfile[];
      readonly source: CollectionInfo;
      readonly queries: readonly PreparedQuery[];
      readonly oldModel: OldModelProof;
    }
  | { readonly failed: string };

/** Has the fleet embed every query with the model of each side; null while it works. */
export async function prepareQuality(deps: QualityDeps, migration: Migration, draw: GateDraw): Promise<PreparedQuality | null> {
  const profile = newProfile(migration.spec);
  if (profile === null) return { failed: 'the target has several vectors: say with search.new.using which one applications will search' };
  const source = await deps.collections.describe(migration.resolved.source);
  if (source === null) return { failed: `the source "${migration.resolved.source}" is gone` };
  const texts = textsOf(migration, draw);
  const change = sameSpaceChange(migration.spec, profile, source);
  if (texts.length === 0) {
    const queries = change === null ? [] : await storedQueries(deps, migration, profile, draw);
    return { profile, systems: [], source, queries, oldModel: { doubt: null, unproven: [] } };
  }
  const systems = searchSystems(profile, migration.origins);
  const queries = await embeddedQueries(deps, migration, { asked: vectorsOf(profile, systems), source, texts });
  if (queries === null || 'failed' in queries) return queries;
  const oldModel = await proveOldModel(deps, migration, source, draw);
  return oldModel === null ? null : { profile, systems, source, queries, oldModel };
}

/** The queries given, then the known items. */
function textsOf({ spec }: Migration, { knownItems }: GateDraw): QueryOfText[] {
  return [...spec.gates.queries, ...knownItems.map(({ text }, at) => ({ id: knownItemId(at), text }))];
}

type QueryOfText = Pick<PreparedQuery, 'id' | 'text' | 'slices'>;

/** `asked`: the target's vectors that are searched. */
type Wanted = {
  readonly asked: readonly string[];
  readonly source: CollectionInfo;
  readonly texts: readonly QueryOfText[];
};

/** Queries of texts, by both sides' models. */
export async function embeddedQueries(
  deps: Pick<QualityDeps, 'modelCalls' | 'catalogue' | 'learnedMaps'>,
  { id, spec, origins }: Pick<Migration, 'id' | 'spec' | 'origins'>,
  { asked, source, texts }: Wanted,
): Promise<PreparedQuery[] | Failure | null> {
  const known = { origins: sourceOrigins(spec, source), unknown: unknownOld(source) };
  const old = encodersOf(searchedVectors(spec.search.old), known, deps.catalogue);
  if ('failed' in old) return old;
  const fresh = encodersOf(asked, { origins, unknown: unknownNew(spec) }, deps.catalogue);
  if ('failed' in fresh) return fresh;
  const words = [...new Set(texts.map(({ text }) => text))];
  const oldQueries = await encodeQueries(deps, id, old.encoders, words).catch(asFailure);
  if (oldQueries !== null && 'failed' in oldQueries) return oldQueries;
  const newQueries = await encodeQueries(deps, id, fresh.encoders, words).catch(asFailure);
  if (newQueries !== null && 'failed' in newQueries) return newQueries;
  if (oldQueries === null || newQueries === null) return null;
  return texts.map((query) => ({
    ...query,
    self: null,
    queries: { old: oldQueries.get(query.text) ?? {}, new: newQueries.get(query.text) ?? {} },
  }));
}

/** A vector that stays in its space needs no model: points' own vectors are searched for on both sides. */
async function storedQueries(
  { points }: QualityDeps,
  { spec, resolved }: Migration,
  { using }: SearchProfile,
  draw: GateDraw,
): Promise<PreparedQuery[]> {
  const ids = draw.points.slice(0, probedPoints);
  const read = async (collection: string, vector: string) => {
    const found = await points.retrieve(collection, { ids, payload: false, vectors: [vector] });
    return byId(found.map((point) => ({ id: point.id, query: point.vectors[vector] })));
  };
  const [old, fresh] = await Promise.all([read(resolved.source, spec.search.old.using), read(spec.target.collection, using)]);
  return ids.flatMap((id) => {
    const [before, after] = [old.get(id)?.query, fresh.get(id)?.query];
    if (before === undefined || after === undefined) return [];
    const queries = { old: { [spec.search.old.using]: before }, new: { [using]: after } };
    return [{ id: `like-${id.id}`, text: `points like ${id.id}`, queries, self: id }];
  });
}

/** How often a measurement looks whether the migration still waits for it, in queries. */
const lookEvery = 25;

/** Asks everything of both sides and judges. Null where `stands` says that nobody waits for it any more. */
export async function measureQuality(
  deps: QualityDeps,
  migration: Migration,
  prepared: PreparedQuality,
  draw: GateDraw,
  { signal, stands }: { readonly signal: AbortSignal; readonly stands: () => Promise<boolean> },
): Promise<QualityGate | null> {
  if ('failed' in prepared) return notComputed(migration, prepared.failed);
  const { doubt, unproven } = prepared.oldModel;
  if (doubt !== null) return { ...emptyGate(migration), verdict: 'inconclusive', reasons: [doubt] };
  const { spec } = migration;
  const context = { searches: deps.searches, sides: sidesOf(migration, prepared.profile), reading: hitReading(migration), signal };
  const searched: SearchedQuery[] = [];
  const inParts: SearchAnswer[][] = [];
  let equalRecall: QualityGate['equalRecall'];
  try {
    for (const [at, query] of prepared.queries.entries()) {
      if (at % lookEvery === 0 && !(await stands())) return null;
      searched.push(withShownTexts(await searchQuery(context, query)));
      const found: SearchAnswer[] = [];
      for (const { profile } of prepared.systems) found.push(withoutTexts(await searchAs(context, profile, query)));
      inParts.push(found);
    }
    equalRecall = await latencyAtEqualRecall(deps, context, prepared.queries, searched);
  } catch (error) {
    if (!isReembedError(error) || error.retry === 'later') throw error;
    return notComputed(migration, `a search failed: ${error.message} [${error.code}]`);
  }
  const change = sameSpaceChange(spec, prepared.profile, prepared.source);
  const warnings = await bm25Warnings(deps, migration, draw);
  const counted = await countedQrels(deps, migration, signal);
  const documents = new Map(draw.knownItems.map(({ document }, at) => [knownItemId(at), document]));
  const asked = searched.map((query, at) => ({ query, systems: inParts[at] ?? [], document: documents.get(query.id) ?? null }));
  const judged = await deps.calculate(judgeQuality, {
    given: {
      ...criteria(migration),
      scoreKinds: scoreKindsOf(migration, prepared.profile, prepared.source),
      scoreThreshold: thresholdOf(spec, prepared.profile),
      systems: prepared.systems,
      sameSpace: change,
      serverVersion: migration.resolved.serverVersion,
    },
    parts: partsToJudge(asked, counted.qrels),
    signal,
  });
  if ('failed' in judged) return notComputed(migration, judged.failed);
  const { gate, fusion } = judged.result;
  const latency = equalRecall === null ? [] : [equalRecallInWords(equalRecall)];
  return withTextsOfHits(deps, migration, {
    ...gate,
    equalRecall,
    fusion,
    reasons: [...gate.reasons, ...fusionInWords(fusion, migration.id), ...counted.says, ...unproven, ...warnings, ...latency],
  });
}

/** The target asked in another way than applications will, exactly. */
function searchAs(context: SearchSides, profile: SearchProfile, { queries }: PreparedQuery): Promise<SearchAnswer> {
  const { old, new: fresh } = context.sides;
  return searchSide({ ...context, sides: { old, new: { ...fresh, profile } } }, 'new', queries.new, true);
}

/** What Qdrant's scores are: of fused lists something of their places, of one vector its distance; sparse vectors have the product alone. */
function scoreKindsOf({ spec, resolved }: Migration, profile: SearchProfile, source: CollectionInfo) {
  const { old } = spec.search;
  return {
    old: old.fusion ?? source.vectors[old.using]?.distance ?? 'Dot',
    new: profile.fusion ?? resolved.storedAs[profile.using]?.distance ?? 'Dot',
  };
}

function thresholdOf({ gates, search }: Spec, { limit }: SearchProfile) {
  return gates.scoreThreshold === null ? null : { old: gates.scoreThreshold, limits: { old: search.old.limit, new: limit } };
}

function criteria({ spec }: Migration) {
  const { minNdcgDelta, slices } = spec.gates;
  return { minNdcgDelta, slices, scoreKinds: { old: '', new: '' }, sameSpace: null };
}

/** The gate of which nothing is measured. */
function emptyGate(migration: Migration): QualityGate {
  return compareQueries({ ...criteria(migration), queries: [], knownItems: [], systems: [], qrels: [] });
}

/** With queries given, what cannot be measured blocks; without, nothing was promised. */
export function notComputed(migration: Migration, why: string): QualityGate {
  const asked = migration.spec.gates.queries.length > 0;
  return { ...emptyGate(migration), verdict: asked ? 'fail' : 'not-measured', reasons: [`search quality could not be measured: ${why}`] };
}

/**
 * What became of the searched vector where it stays in the old model's space, so that results should stay as they are; null where they may
 * differ: another model (a learned map leads into its space too), another vector, or candidates that are fused.
 */
export function sameSpaceChange(
  { vectors, search, target }: Spec,
  profile: SearchProfile,
  source: Pick<CollectionInfo, 'quantizationConfig'>,
): SameSpaceChange | null {
  const searched = vectors[profile.using];
  if (searched === undefined || profile.prefetch.length > 0 || search.old.prefetch.length > 0) return null;
  const { quantization_config: wanted } = target.settings;
  const requantized = wanted !== undefined && JSON.stringify(wanted) !== JSON.stringify(source.quantizationConfig);
  const copied = requantized || 'quantization_config' in searched.settings || 'datatype' in searched.settings ? 'int8' : 'copy';
  return matchRecipe<SameSpaceChange | null>(searched, {
    embed: () => null,
    keep: (from) => (from === search.old.using ? copied : null),
    truncate: ({ vector }) => (vector === search.old.using ? 'truncate' : null),
    bm25: () => null,
    project: () => null,
    sparse: () => null,
    multivector: () => null,
  });
}
