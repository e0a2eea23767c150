import type { Advice, AdviceOption, Decision, Plan, Spec } from '@reembed/contracts';
import type { CollectionInfo } from '../../domain/collection-info.ts';
import { isWorthIt } from '../../domain/map-worth.ts';
import { embedVectors, isInPlace, keptVectors } from '../../domain/recipes-of.ts';
import type { ServerAddress } from '../../ports/collections.ts';
import type { ModelCatalogue } from '../../ports/embedder.ts';
import { embeddedInstead, estimateEmbeds } from '../../recipes/estimate-embeds.ts';
import { apart } from '../../recipes/multivector-recipe.ts';
import type { PlanScene } from '../../recipes/plan-scene.ts';
import { textOf } from '../../recipes/render-text.ts';
import { targetVectors } from '../../recipes/target-vectors.ts';
import { settingsPlan } from '../carried-settings.ts';
import { queriesStay } from '../old-queries.ts';
import { queryFacts, sceneQueries } from '../query-change.ts';
import { bridgeSnippet } from './bridge-snippet.ts';
import { changesOf, type OldVectors } from './changes-of.ts';
import { countLanguages } from './count-languages.ts';
import { type Change, decide, rows } from './decide.ts';
import {
  allOf,
  type Footprint,
  footprint,
  indexFootprint,
  mean,
  sizeOf,
  sparseFootprint,
  type VectorSize,
  vectorSizes,
} from './footprint.ts';
import { listOptions } from './list-roads.ts';
import { mapSizes, mapsOf } from './map-sizes.ts';
import { querySnippet } from './query-snippet.ts';
import { type EmbedWork, moreWorkers } from './time-range.ts';

/** What advice is made of; nothing of it is asked for again. */
export type AdviceFacts = OldVectors & {
  readonly scene: PlanScene;
  readonly source: CollectionInfo;
  readonly truncations: Plan['truncations'];
  readonly address: ServerAddress;
  /** How many values a point's sparse vector has, by name and in the mean of the sample. */
  readonly sparseValues: Readonly<Record<string, number>>;
  /** How many rows a point's multivector has, likewise. */
  readonly rows: Readonly<Record<string, number>>;
  /** Running, or those that `reembed run` would start. */
  readonly workers: number;
};

/** The decision table, the roads with their numbers, and what queries will look like. */
export function advise(facts: AdviceFacts): Advice {
  const { scene, source } = facts;
  const { spec, catalogue, points, sample } = scene;
  // A mapped vector stands beside the roads that embed it, so those are priced too.
  const embeds = estimateEmbeds({ ...scene, spec: embeddedInstead(scene) });
  const changes = changesOf(scene, source, facts);
  const decisions = changes.map(decide).map((decision) => withEarlier(decision, scene));
  const sizes = vectorSizes(source, facts.rows);
  const payload = { bytes: meanBytes(scene), onDisk: source.params.on_disk_payload === true };
  const work = embeds.map((embed) => workOf(embed, facts));
  const first = work[0];
  const workers = first === undefined ? null : moreWorkers(first, spec.copy.streams);
  const oldVectors = [...sizes.values()];
  const words = wordsFootprint(scene, facts.origins);
  const indexes = indexFootprint(source.payloadSchema, sample);
  const sparse = { old: sparseOf(source, facts.sparseValues), fresh: chosenBy(spec, source).has('hybrid') ? words : allOf([]) };
  const { diskBytes } = footprint(points, oldVectors, payload, [sparse.old, indexes]);
  const options = listOptions({
    collection: source.name,
    ...{ points, decisions, changes, embeds: embeds.map((embed) => withBatchPrice(embed, catalogue)), work, payload, oldVectors },
    serverVersion: scene.around.serverVersion,
    chosen: chosenBy(spec, source),
    queriesStay: queriesStay(queryFacts(sceneQueries(scene))),
    newVectors: newVectors(changes, scene, source, facts.rows),
    requantizes: asksForQuantization(spec),
    ...{ words, indexes, sparse },
    sameSpace: decisions.some(({ row }) => row === rows.sharedSpace),
    cutSizes: cutSizes(changes, catalogue),
    mapsPay: mapsOf(scene).map((header) => isWorthIt(header, points)),
    maps: mapSizes(scene, changes),
    workers: facts.workers,
    cutOverlaps: facts.truncations.map(({ expectedOverlapAt10 }) => expectedOverlapAt10),
  });
  return {
    fingerprints: [...facts.fingerprints],
    sameModels: [...facts.sameModels],
    decisions,
    options,
    languages: languages(scene),
    size: { bytes: diskBytes, says: points === 0 ? null : judgeSize(diskBytes, workers) },
    workers,
    sources: modelsNamed(changes).map((model) => ({ model, ...figures(model, catalogue) })),
    queryCode: querySnippet(scene, facts.address),
    bridgeCode: isInPlace(spec) ? bridgeSnippet(scene, facts.address, scene.around.source) : null,
  };
}

function sparseOf({ sparseVectors }: CollectionInfo, values: AdviceFacts['sparseValues']): Footprint {
  return allOf(Object.entries(sparseVectors).map(([name, params]) => sparseFootprint(values[name] ?? 0, params)));
}

/** The BM25 vectors that the spec asks for; where it asks for none, one of the texts that are embedded, now or before. */
function wordsFootprint({ spec, sample, catalogue: { bm25 } }: PlanScene, origins: AdviceFacts['origins']): Footprint {
  const asked = Object.values(spec.vectors).flatMap(({ bm25: recipe, settings }) =>
    recipe === undefined ? [] : [{ ...recipe, settings }],
  );
  const learned = Object.values(spec.vectors).flatMap(({ sparse, settings }) =>
    sparse === undefined ? [] : [sparseFootprint(learnedValues, { index: { on_disk: true }, ...settings })],
  );
  if (learned.length > 0 && asked.length === 0) return allOf(learned);
  const known = embedVectors(spec)[0]?.recipe.text ?? Object.values(origins)[0]?.text;
  const recipes = asked.length > 0 || known === undefined ? asked : [{ ...plainWords, text: known }];
  const counted = recipes.map(({ text: template, settings, language, ...options }) => {
    const spoken = bm25.describe(language) === null ? plainWords.language : language;
    const encoder = bm25.encoder({ ...options, language: spoken, stemmer: false, avgLen: 1 });
    const values = sample.map((point) => {
      const text = textOf(template, point);
      return text === null ? 0 : encoder.document(text).indices.length;
    });
    return sparseFootprint(mean(values), settings);
  });
  return allOf([...learned, ...counted]);
}

/** Values of a passage's vector by a model of the SPLADE kind, which adds words that the passage has not: some 200. */
const learnedValues = 200;

const plainWords = { language: 'english', stopWords: null, k: 1.2, b: 0.75, settings: {} };

/** The table judges by the source; what an earlier target has is said beside it. */
function withEarlier(decision: Decision, { earlier }: PlanScene): Decision {
  if (earlier?.kept[decision.vector] === undefined) return decision;
  return {
    ...decision,
    why: `${decision.why}; what "${earlier.earlier.collection}" has of it is taken from there, and not embedded again`,
  };
}

function workOf({ model, totalTokens, sampledTexts, keptTexts }: Plan['embeds'][number], { scene, workers }: AdviceFacts): EmbedWork {
  const { catalogue, sample, points, spec } = scene;
  const facts = catalogue.facts(model);
  if (facts === null) throw new Error(`a plan estimates only models it knows: ${model}`);
  const texts = sample.length === 0 ? 0 : Math.round(((sampledTexts - keptTexts) / sample.length) * points);
  const textsPerRequest = Math.min(facts.limits.maxInputs, spec.copy.pagePoints);
  return { model, texts, tokens: totalTokens, limits: facts.limits, record: catalogue.record(model), workers, textsPerRequest };
}

function withBatchPrice(embed: Plan['embeds'][number], catalogue: ModelCatalogue) {
  // What costs nothing has no cheaper road.
  const single = embed.priceUsd === null ? null : (catalogue.facts(embed.model)?.pricePerMillionTokensUsd ?? null);
  const batch = single === 0 ? 0 : (catalogue.record(embed.model)?.batchPricePerMillionTokensUsd ?? null);
  const of = (price: number | null) => (price === null ? null : (embed.totalTokens / 1e6) * price);
  return { ...embed, priceUsd: of(single), batchPriceUsd: of(batch) };
}

function chosenBy(spec: Spec, source: CollectionInfo): ReadonlySet<AdviceOption['kind']> {
  // Words that go along make no second step: what embeds queries changes all the same.
  const keepsDense = keptVectors(spec).some(({ from }) => source.vectors[from] !== undefined);
  const recipes = new Set(targetVectors(spec).map(({ recipe }) => recipe));
  const kinds: AdviceOption['kind'][] = [];
  if (recipes.has('embed')) kinds.push(isInPlace(spec) ? 'in-place' : keepsDense ? 'side-by-side' : 'new-collection');
  if (recipes.has('truncate')) kinds.push('truncate');
  if (recipes.has('project')) kinds.push('project');
  if (recipes.has('bm25') || recipes.has('sparse')) kinds.push('hybrid');
  return new Set(kinds.length === 0 ? ['copy'] : kinds);
}

function asksForQuantization({ target, vectors }: Spec): boolean {
  return [target, ...Object.values(vectors)].some(({ settings }) => 'quantization_config' in settings);
}

/** The vectors that are made; those kept are among the old ones. */
function newVectors(changes: readonly Change[], scene: PlanScene, source: CollectionInfo, rows: AdviceFacts['rows']): VectorSize[] {
  const { spec } = scene;
  const carried = new Map(settingsPlan(spec, source).map((plan) => [plan.vector, plan.carried]));
  return changes.flatMap(({ vector, recipe, fresh, old }) => {
    if (recipe === 'keep' || recipe === 'bm25' || recipe === 'sparse') return [];
    const { multivector, truncate, settings } = spec.vectors[vector] ?? {};
    if (multivector !== undefined)
      return [
        { ...sizeOf(source, { ...apart, ...settings }, multivector.dimensions), rows: rowsOfTexts(multivector.text, scene), quantised: 0 },
      ];
    const size = sizeOf(source, { ...carried.get(vector), ...settings }, fresh.dimensions ?? old?.dimensions ?? 0);
    return [{ ...size, rows: truncate === undefined ? 1 : (rows[truncate.vector] ?? 1) }];
  });
}

/** Of late interaction a row is a token: its models cut texts into pieces of some four characters. */
const charsPerRow = 4;

function rowsOfTexts(template: string, { sample }: PlanScene): number {
  return mean(sample.map((point) => Math.ceil((textOf(template, point)?.length ?? 0) / charsPerRow)));
}

function cutSizes(changes: readonly Change[], catalogue: ModelCatalogue): number[] {
  const old = changes.find((change) => change.old?.model)?.old;
  const choices = old?.model ? (catalogue.facts(old.model)?.dimensionChoices ?? []) : [];
  if (old === undefined || old === null || old.fingerprint === 'refuted') return [];
  const all = choices === 'any' ? [1024, 512, 256] : choices;
  return all.filter((size) => size < old.dimensions);
}

function meanBytes({ sample }: PlanScene): number {
  return sample.length === 0 ? 0 : sample.reduce((sum, { payload }) => sum + Buffer.byteLength(payload), 0) / sample.length;
}

function languages({ spec, sample, points, catalogue }: PlanScene): Advice['languages'] {
  const first = embedVectors(spec)[0];
  const facts = first === undefined ? null : catalogue.facts(first.recipe.model);
  if (first === undefined || facts === null || sample.length === 0) return [];
  const texts = sample.flatMap((point) => textOf(first.recipe.text, point) ?? []);
  const counting = { countTokens: facts.countTokens, guessLanguage: catalogue.bm25.guessLanguage };
  return countLanguages(texts, counting, points / sample.length);
}

function modelsNamed(changes: readonly Change[]): string[] {
  return [...new Set(changes.flatMap(({ old, fresh }) => [old?.model ?? [], fresh.model ?? []].flat()))];
}

function figures(model: string, catalogue: ModelCatalogue) {
  const record = catalogue.record(model);
  return { asOf: record?.asOf ?? null, source: record?.source ?? null };
}

/** Below this a whole index is made again from its source within minutes. */
const smallBytes = 25e6;
/** Past this, reading and writing alone take days. */
const hugeBytes = 400e9;

/** What follows from the size of the source alone; null: nothing in particular. */
export function judgeSize(bytes: number, workers: string | null): string | null {
  if (bytes < smallBytes)
    return 'This is small: where the source of the texts is at hand, indexing it anew into another collection is faster than a migration. A migration still switches without downtime.';
  if (bytes <= hugeBytes) return null;
  return `This takes days: start with a part (source.filter), pace it, and let it run. ${workers ?? 'More workers help until Qdrant or its disks are busy.'}`;
}
