import type { Issue, Plan, Resolved, Spec } from '@reembed/contracts';
import { isInPlace, keptVectors, modelVectors } from '../domain/recipes-of.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { bm25Model, measureAvgLen } from '../recipes/bm25-recipe.ts';
import { countAhead } from '../recipes/count-ahead.ts';
import { estimateEmbeds } from '../recipes/estimate-embeds.ts';
import type { EarlierReading, PlanScene, ServerState } from '../recipes/plan-scene.ts';
import { addedVectors } from '../recipes/target-vectors.ts';
import { aliasesPlan } from './alias-plan.ts';
import { findBlockers } from './blockers.ts';
import { settingsPlan } from './carried-settings.ts';
import { changedKindOf } from './changed-field-plan.ts';
import { findEarlier } from './find-earlier.ts';
import { hotBlockers } from './hot-blockers.ts';
import { measureTruncations } from './measure-truncations.ts';
import { queryChange, sameSpace, sceneQueries } from './query-change.ts';
import { pinnedAdapters, readAdapters, readServerState, readSource, readTexts, vectorsOf } from './read-scene.ts';
import { remindersFor } from './reminders.ts';
import { planReverse } from './reverse-plan.ts';
import { hasVector, heldBackSettings, storedForms } from './target-schema.ts';
import { renderedTexts } from './text-plan.ts';

export type PlanDeps = Pick<CoordinatorDeps, 'collections' | 'points' | 'catalogue' | 'learnedMaps' | 'textSources'>;

/** What a plan says before it is judged as a whole. */
export type PlanFacts = Omit<Plan, 'verdict' | 'summary' | 'advice'>;

/** A plan, and what a submission keeps of it: null where something blocks it. */
export type PlanResult = { readonly plan: PlanFacts; readonly resolved: Resolved | null; readonly scene: PlanScene };

/** `cancelled`: a migration that is looked at as if it had been, so that what it has stored may be taken. */
type PlanOptions = { readonly cancelled?: string };

/** Reads source, aliases and a sample, and says what the migration would do, what it costs and what stands in its way. Writes nothing. */
export async function makePlan(deps: PlanDeps, spec: Spec, { cancelled }: PlanOptions = {}): Promise<PlanResult> {
  const around = await readServerState(deps.collections, spec);
  const [reading, adapters, inferenceRefusals, manageRefusal, binaryRefusal] = await Promise.all([
    readSource(deps, spec, around.source),
    readAdapters(deps.learnedMaps, spec),
    askForInference(deps.collections, spec, around),
    deps.collections.manageRefusal(),
    spec.copy.transport === 'rest' ? null : deps.collections.binaryRefusal(),
  ]);
  const texts = await readTexts(deps.textSources, spec, reading.sample);
  const told = { spec, adapters, catalogue: deps.catalogue.saying(spec.models), ...reading, ...texts };
  const read = { ...told, around, inferenceRefusals, manageRefusal, binaryRefusal, catalogue: await countAhead(told) };
  const scene: PlanScene = { ...read, earlier: await readEarlier(deps, read, cancelled) };
  const blockers = [...findBlockers(scene), ...(await hotBlockers(deps.textSources, spec, around.source))];
  const truncations = blockers.length > 0 ? [] : await measureTruncations(deps.points, scene);
  return { plan: describePlan(scene, blockers, truncations), resolved: blockers.length > 0 ? null : resolve(scene), scene };
}

/** Asked only where a model is called: it looks through every collection. */
async function readEarlier(deps: PlanDeps, scene: Omit<PlanScene, 'earlier'>, alive: string | undefined): Promise<EarlierReading | null> {
  const { spec, around, sample, adapters } = scene;
  const { source, aliases } = around;
  if (source === null || modelVectors(spec).length === 0) return null;
  const resolved = { storedAs: storedForms(spec, source, pinnedAdapters(adapters)) };
  return findEarlier(deps, { spec, resolved }, { source, sample, aliases, alive });
}

/** Asked of the server itself: a version says what was built, not what somebody runs. */
async function askForInference(
  collections: PlanDeps['collections'],
  { vectors }: Spec,
  { source }: ServerState,
): Promise<Record<string, string>> {
  if (source === null) return {};
  const models = Object.values(vectors).flatMap(({ bm25, embed, sparse, multivector }) => [
    ...(bm25?.encoder === 'server' ? [bm25Model] : []),
    ...[embed, sparse, multivector].flatMap((recipe) => (recipe?.via === 'qdrant' ? [recipe.model] : [])),
  ]);
  const asked = [...new Set(models)].map(async (model) => [model, await collections.inferenceRefusal(source.name, model)] as const);
  return Object.fromEntries((await Promise.all(asked)).flatMap(([model, refusal]) => (refusal === null ? [] : [[model, refusal]])));
}

function describePlan(scene: PlanScene, blockers: Issue[], truncations: Plan['truncations']): PlanFacts {
  const { spec, around, sample, points, allPoints } = scene;
  const { source } = around;
  const { alias } = spec.target;
  return {
    source: {
      collection: source?.name ?? spec.source.collection,
      alias: around.sourceAlias,
      points,
      allPoints,
      status: source?.status ?? 'missing',
    },
    target: { collection: spec.target.collection, exists: around.target !== null },
    alias: alias === null ? null : { name: alias, pointsAt: around.aliases.get(alias) ?? null },
    serverVersion: around.serverVersion,
    sampledPoints: sample.length,
    embeds: estimateEmbeds(scene.texts.fault === null ? scene : { ...scene, sample: [] }),
    texts: renderedTexts(scene),
    truncations,
    keeps: keptVectors(spec).map(({ name, from }) => ({ vector: name, from })),
    settings: settingsPlan(spec, source),
    aliases: aliasesPlan(scene),
    blockers,
    reminders: remindersFor(scene),
    queryChange: queryChange(sceneQueries(scene)),
  };
}

function resolve(scene: PlanScene): Resolved | null {
  const { spec, around } = scene;
  const { source, aliases, serverVersion } = around;
  if (source === null) return null;
  const { alias } = spec.target;
  const adapters = pinnedAdapters(scene.adapters);
  return {
    source: source.name,
    aliasBefore: alias === null ? null : (aliases.get(alias) ?? null),
    serverVersion,
    sourceVectors: vectorsOf(source),
    sameSpace: sameSpace(spec, scene.catalogue, source),
    changedKind: changedKindOf(scene),
    heldBack: isInPlace(spec) ? { indexingThreshold: null, strictMode: null } : heldBackSettings(spec, source),
    storedAs: storedForms(spec, source, adapters),
    adapters,
    textFile: scene.texts.file,
    addedVectors: isInPlace(spec)
      ? addedVectors(spec)
          .map(({ name }) => name)
          .filter((name) => !hasVector(source, name))
      : [],
    avgLen: measureAvgLen(scene),
    earlier: scene.earlier?.earlier ?? null,
    reverse: planReverse(scene).reverse,
  };
}
