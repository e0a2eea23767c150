import type { Advice, Fingerprint, Plan, Spec } from '@reembed/contracts';
import type { CollectionInfo } from '../../domain/collection-info.ts';
import { ReembedError } from '../../domain/error.ts';
import type { PointText } from '../../domain/point.ts';
import { embedVectors } from '../../domain/recipes-of.ts';
import { sourceFilter } from '../../domain/source-points.ts';
import type { CoordinatorDeps } from '../../ports/coordinator-deps.ts';
import { askEmbeddings } from '../../recipes/model-calls.ts';
import { contradiction, type PlanScene, sourceOrigins } from '../../recipes/plan-scene.ts';
import { isMultivector, readRows } from '../../recipes/stored-vector.ts';
import { targetVectors } from '../../recipes/target-vectors.ts';
import { replaced } from '../carried-settings.ts';
import { makePlan, type PlanDeps } from '../make-plan.ts';
import { readTexts } from '../read-scene.ts';
import { type AdviceFacts, advise } from './advise.ts';
import { conclude, type Findings } from './conclude.ts';
import { rows } from './decide.ts';
import { diskRoom } from './disk-room.ts';
import { mean } from './footprint.ts';
import { type EmbedSample, refutesModel, takeFingerprint } from './take-fingerprint.ts';
import { takeSameModels } from './take-same-model.ts';
import { tryModels } from './try-models.ts';

export type AdviceDeps = PlanDeps & {
  readonly embedSample: EmbedSample;
  /** Workers there are, or would be. */
  readonly workers: number;
};

/** Points whose rows are counted: each may have hundreds of them. */
const sampledRows = 16;
/** Points read with a vector each: some have no text. */
const sampledPoints = 64;

/**
 * A plan with verdict and advice. Has the new models embed a few short texts each, and a few stored texts the declared old model, where it can; writes
 * nothing. No advice where texts that are not in the payloads cannot be read: every number would be of something else.
 */
export async function planWithAdvice(deps: AdviceDeps, spec: Spec): Promise<Plan> {
  const { plan, scene } = await makePlan(deps, spec);
  const tried = await tryModels(deps.embedSample, scene);
  const advised = await advisedFacts(deps, scene, plan.truncations);
  if (advised === null) return conclude(scene, plan, undefined, tried);
  const advice = advise(advised);
  const found = [tried, diskRoom(scene, advice, await deps.collections.diskBytes()), refutedModels(advice, advised), refutedSpaces(advice)];
  return conclude(scene, plan, advice, {
    blockers: found.flatMap(({ blockers }) => blockers),
    reminders: found.flatMap(({ reminders }) => reminders),
  });
}

/** What a declared model did not make would be asked by the wrong queries. */
function refutedModels({ fingerprints }: Advice, { scene, source }: AdviceFacts): Findings {
  const refuted = fingerprints.filter(refutesModel);
  const blockers = refuted.map(({ vector, model, says }) => ({
    field: `source.vectors.${JSON.stringify(vector)}`,
    value: model,
    message: says,
  }));
  const contradicted = fingerprints.flatMap(({ vector, model, verdict }) => {
    const message = verdict === 'not-made' ? contradiction(scene.spec, source, vector) : null;
    return message === null ? [] : [{ field: `source.vectors.${JSON.stringify(vector)}`, value: model, message }];
  });
  return { blockers: [...blockers, ...contradicted], reminders: [] };
}

/** Below this, texts by one model lie no nearer to their own vectors by the other than to any others. */
const leastOfOneSpace = 0.5;

/** What is declared to share a space, and does not: queries of the one would find noise among vectors of the other. */
function refutedSpaces({ decisions, sameModels }: Advice): Findings {
  const shared = decisions.filter(({ row }) => row === rows.sharedSpace).map(({ vector }) => vector);
  const refuted = sameModels.filter(({ vector, medianCosine }) => shared.includes(vector) && medianCosine < leastOfOneSpace);
  const blockers = refuted.map(({ vector, model, sampledTexts, medianCosine }) => ({
    field: `vectors.${JSON.stringify(vector)}.embed.model`,
    value: model,
    message: `is said to share the space of the stored vectors, and does not: ${sampledTexts} stored texts by it have a median cosine of ${medianCosine.toFixed(2)} with what is stored. Take \`space\` out of its entry in reembed.config.yaml, or name another model`,
  }));
  return { blockers, reminders: [] };
}

/** Null where there is nothing to judge. */
async function advisedFacts(deps: AdviceDeps, scene: PlanScene, truncations: Plan['truncations']): Promise<AdviceFacts | null> {
  const { spec } = scene;
  const { source } = scene.around;
  if (source === null || scene.refusal !== null || scene.texts.fault !== null) return null;
  const origins = sourceOrigins(spec, source);
  const samples: Record<string, readonly PointText[]> = {};
  let textsRead = scene.texts;
  const fingerprints: Fingerprint[] = [];
  const templates = embedVectors(spec).map(({ recipe }) => recipe.text);
  for (const vector of vectorsInPlay(scene, source)) {
    const read = await deps.points.sample(source.name, sampledPoints, { vectors: [vector], filter: sourceFilter(spec) });
    const { sample, texts } = await readTexts(deps.textSources, spec, read);
    samples[vector] = sample;
    textsRead = texts;
    const about = { source, vector, origin: origins[vector], sample, texts, templates, catalogue: deps.catalogue };
    fingerprints.push(await takeFingerprint(deps.embedSample, about));
  }
  const sameModels = await takeSameModels(deps.embedSample, scene, (vector) => {
    const { verdict, medianCosine } = fingerprints.find((one) => one.vector === vector) ?? { verdict: 'not-made', medianCosine: null };
    const noise = verdict === 'confirmed' && medianCosine !== null ? 1 - medianCosine : null;
    const sample = samples[vector];
    if (sample === undefined) return null;
    return { source, sample, texts: textsRead, catalogue: scene.catalogue, origin: origins[vector], noise };
  });
  const [sparseValues, rows] = await Promise.all([countSparseValues(deps.points, source), countRows(deps.points, source)]);
  const address = await deps.collections.address();
  return { scene, source, truncations, address, workers: deps.workers, origins, samples, fingerprints, sameModels, sparseValues, rows };
}

/** How many values the sparse vectors of a point have, by name, in the mean of a sample. */
async function countSparseValues(points: AdviceDeps['points'], { name, sparseVectors }: CollectionInfo): Promise<Record<string, number>> {
  const vectors = Object.keys(sparseVectors);
  if (vectors.length === 0) return {};
  const sample = await points.sample(name, sampledPoints, { vectors });
  const values = (vector: string | undefined) => (vector === undefined ? 0 : (JSON.parse(vector) as { indices: unknown[] }).indices.length);
  return Object.fromEntries(vectors.map((vector) => [vector, mean(sample.map((point) => values(point.vectors[vector])))]));
}

/** How many rows the multivectors of a point have, by name, in the mean of a sample. */
async function countRows(points: AdviceDeps['points'], { name, vectors }: CollectionInfo): Promise<Record<string, number>> {
  const multivectors = Object.keys(vectors).filter((vector) => isMultivector(vectors[vector] ?? {}));
  if (multivectors.length === 0) return {};
  const sample = await points.sample(name, sampledRows, { vectors: multivectors });
  const rows = (vector: string | undefined) => (vector === undefined ? 0 : readRows(vector).rows.length);
  return Object.fromEntries(multivectors.map((vector) => [vector, mean(sample.map((point) => rows(point.vectors[vector])))]));
}

/** Dense source vectors that the target replaces or is made from, each once. */
function vectorsInPlay(scene: PlanScene, source: CollectionInfo): string[] {
  return [...new Set(targetVectors(scene.spec).flatMap((vector) => replaced(vector, scene.spec, source) ?? []))];
}

/** How long a plan waits for workers, and how often it looks, in ms. */
const patienceMs = 30_000;
const lookMs = 200;

/** Has a worker embed a sample, because only workers hold provider keys. Throws `no-worker` where none is running or none answers in time. */
export function sampleByFleet(deps: Pick<CoordinatorDeps, 'modelCalls' | 'fleet' | 'clock' | 'newId'>): EmbedSample {
  return async ({ isWhole, ...wanted }) => {
    if ((await deps.fleet.workers()) === 0) throw new ReembedError('no-worker', 'no worker is running');
    const scope = `plan-${deps.newId()}`;
    const until = deps.clock.monotonicMs() + patienceMs;
    for (;;) {
      const embedded = await askEmbeddings(deps, { ...wanted, scope, onLongText: isWhole === true ? 'quarantine' : 'truncate' });
      if (embedded !== null) return embedded;
      if (deps.clock.monotonicMs() >= until) throw new ReembedError('no-worker', `no worker answered within ${patienceMs / 1000} s`);
      await deps.clock.sleep(lookMs);
    }
  };
}
