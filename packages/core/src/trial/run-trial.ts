import type { Plan, PointId, Spec, Trial, TrialBody, Tried, Witness } from '@reembed/contracts';
import { count } from '../domain/amounts.ts';
import { ReembedError } from '../domain/error.ts';
import { inWords } from '../domain/parse-spec.ts';
import type { PointText } from '../domain/point.ts';
import { byId, idsOf } from '../domain/point-id-set.ts';
import { modelVectors } from '../domain/recipes-of.ts';
import { sourceFilter } from '../domain/source-points.ts';
import { saidOfOldQueries } from '../gates/old-model.ts';
import { embeddedQueries } from '../gates/quality-gate.ts';
import { patientSearches, sliceValues } from '../gates/search-sides.ts';
import { type AdviceDeps, planWithAdvice } from '../plan/advice/plan-with-advice.ts';
import { makePlan } from '../plan/make-plan.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { searchedVectors } from '../ports/searches.ts';
import { clustersOf, judgedQueries } from '../quality/judged-queries.ts';
import { independentOf } from '../quality/statistics.ts';
import { askModel } from '../recipes/model-calls.ts';
import { sourceOrigins } from '../recipes/plan-scene.ts';
import { withTextsOnce } from '../recipes/point-texts.ts';
import { stillTaken } from '../stages/earlier-target.ts';
import { askTrial, compareTrial, documentsOfSample, judgementsOfSample, type TrialQuery } from './ask-trial.ts';
import { drawTrial, type TrialDraw } from './draw-trial.ts';
import { type Filled, fillTrial, pagePoints } from './fill-trial.ts';
import { judgeTrial } from './judge-trial.ts';
import { type TrialCosts, trialCosts } from './trial-costs.ts';
import type { OnTrialProgress } from './trial-progress.ts';
import { byIds, shuffled, type TrialQueries, trialQueries } from './trial-queries.ts';
import { trialRemarks } from './trial-remarks.ts';
import { type TrialSpec, trialSpec } from './trial-spec.ts';
import { keepOutcome, markedIds, openTrial, ownMarked, type TrialRecord } from './trial-store.ts';

export type TrialDeps = AdviceDeps & Pick<CoordinatorDeps, 'points' | 'searches' | 'modelCalls' | 'clock'>;

type Around = {
  readonly deps: TrialDeps;
  readonly tried: TrialSpec;
  readonly signal: AbortSignal;
  readonly onProgress: OnTrialProgress;
  readonly costs: TrialCosts;
};

/**
 * Tries candidates on one sample of their source before anything is paid for all: old and new vectors of the sample stand in a collection of
 * the trial's own, both are asked the same queries, and the quality gate's comparison says what that shows. Again, it goes on with what it has.
 * Throws `invalid-spec`, `plan-blocked`, `over-budget` (nothing is embedded past the budget), `model-changed`, `no-worker`, and what Qdrant and
 * models answer.
 */
export async function runTrial(
  deps: TrialDeps,
  body: TrialBody,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: OnTrialProgress },
): Promise<Trial> {
  const tried = trialSpec(body);
  const around: Around = { deps, tried, signal, onProgress, costs: trialCosts(deps.catalogue.saying(tried.spec.models), body.budgetUsd) };
  const step = (name: string) => onProgress({ step: name, done: 0, of: 0, unit: '' });
  const plans = await plansOf(around, body.specs);
  step('looking at the source');
  const { resolved, source, points } = await planShared(deps, tried);
  const witness = await witnesses(around);
  step('looking for vectors that are there already');
  const earlier = resolved.earlier === null ? null : await stillTaken(deps, { spec: tried.spec, resolved, source, witness });
  const record: TrialRecord = { id: tried.id, spec: tried.spec, resolved: { ...resolved, earlier }, source, witness };
  step('reading the documents that queries are about');
  const asked = await trialQueries(deps, record, body);
  const draw = await drawSample(around, record, asked, body.points);
  const metadata = await openTrial(deps, record);
  step(`reading ${count(draw.ids.length)} points`);
  const read = await byIds({ points: deps.points, source: source.name, spec: tried.spec }, draw.ids);
  const sample = await withTextsOnce(deps.textSources, record, read);
  const { kept, refusals } = await fillTrial(deps, {
    ...{ record, sample, draw, costs: around.costs },
    answered: (ask) => answered(around, ask),
    onProgress: (done) => onProgress({ step: 'embedding and storing the sample', done, of: sample.length, unit: 'points' }),
  });
  step(`embedding ${count(asked.queries.length)} queries`);
  const queries = await encoded(around, record, asked, { asked: askedOf(tried), origins: metadata.vectors });
  const candidates = await measured(around, { record, asked, sample, draw, plans, queries, refusals });
  await keepOutcome(deps, record, { points: sample.length, candidates: candidates.map(({ name, verdict }) => ({ name, verdict })) });
  return {
    ...{ id: tried.id, source: source.name, collection: tried.spec.target.collection, at: deps.clock.now().toISOString() },
    sample: {
      ofPoints: points,
      points: sample.length,
      relevant: draw.relevant,
      neighbours: draw.neighbours,
      random: draw.ids.length - draw.relevant - draw.neighbours,
    },
    queries: {
      ...{ basis: asked.basis, given: asked.given, asked: asked.queries.length, independent: independentOf(clustersOf(judgedOf(asked))) },
      ...{ relevant: asked.relevantDocuments, missing: asked.missing },
    },
    ...{ candidates, spent: around.costs.spent(), budgetUsd: body.budgetUsd, kept },
    remarks: [
      ...trialRemarks({ spec: tried.spec, plans, asked, sample: { points: sample.length, relevant: draw.relevant, ofPoints: points } }),
      ...saidOfOldQueries(deps, tried.spec, source).map((said) => `Not proven: ${said}.`),
    ],
  };
}

/** What all candidates share, planned under a name that nothing has: the trial's own collection may be there from before. */
async function planShared(deps: TrialDeps, { spec }: TrialSpec) {
  const { plan, resolved, scene } = await makePlan(deps, {
    ...spec,
    target: { ...spec.target, collection: `${spec.target.collection}.planned` },
  });
  const { source } = scene.around;
  if (resolved === null || source === null)
    throw new ReembedError('plan-blocked', inWords('the candidates cannot be tried together', plan.blockers), { issues: plan.blockers });
  return { resolved, source, points: scene.points };
}

/** Every candidate's plan. Throws `plan-blocked` where one could not run: what cannot run is not worth a trial. */
async function plansOf({ deps, onProgress }: Around, specs: readonly Spec[]): Promise<Plan[]> {
  const plans: Plan[] = [];
  for (const spec of specs) {
    onProgress({ step: 'planning', done: plans.length, of: specs.length, unit: 'candidates' });
    plans.push(await planWithAdvice(deps, spec));
  }
  const issues = plans.flatMap(({ blockers }, at) => blockers.map((blocker) => ({ ...blocker, field: `specs.${at}.${blocker.field}` })));
  if (issues.length > 0) throw new ReembedError('plan-blocked', inWords('what cannot run cannot be tried', issues), { issues });
  return plans;
}

const lookMs = 200;
/** What nobody is at for so long, nobody works on. */
const patienceMs = 300_000;

/** Waits as long as somebody works, however slow the model is: where this process embeds, an ask takes as long as that. */
async function answered<Answer>({ deps: { clock, modelCalls }, signal }: Around, ask: () => Promise<Answer | null>): Promise<Answer> {
  for (let idleMs = 0; idleMs < patienceMs; idleMs = (await modelCalls.active()) > 0 ? 0 : idleMs + lookMs) {
    signal.throwIfAborted();
    const answer = await ask();
    if (answer !== null) return answer;
    await clock.sleep(lookMs, signal);
  }
  throw new ReembedError('no-worker', `no worker answered within ${patienceMs / 1000} s`);
}

async function witnesses(around: Around): Promise<Record<string, Witness>> {
  const { deps, tried, onProgress } = around;
  const found: Record<string, Witness> = {};
  const asked = modelVectors(tried.spec);
  for (const [at, { name, recipe }] of asked.entries()) {
    const { model, dimensions } = recipe;
    onProgress({ step: 'asking models whether they are what they were', done: at, of: asked.length, unit: 'vectors' });
    const callId = `${tried.id}-witness-${at}`;
    const answer = await answered(around, () =>
      askModel(deps, { callId, call: 'witness', model, said: tried.spec.models[model], dimensions: dimensions ?? null }),
    );
    if (answer.call !== 'witness') throw new Error('another answer than was asked for');
    // The next run of the trial has to see the model as it is then.
    await deps.modelCalls.forget(callId);
    found[name] = answer.witness;
  }
  return found;
}

/** How deep the old search is looked at for what is hard. */
const neighbours = 50;

async function drawSample(around: Around, record: TrialRecord, asked: TrialQueries, most: number): Promise<TrialDraw> {
  const { deps, tried, signal, onProgress, costs } = around;
  const { source, spec, resolved } = record;
  const texts = asked.queries.map(({ text }) => text);
  const origins = sourceOrigins(spec, source);
  const oldModels = [...tried.oldNames.keys()].flatMap((name) => origins[name]?.model ?? []);
  const newModels = new Set(modelVectors(spec).map(({ recipe }) => recipe.model));
  costs.spend([...oldModels, ...newModels].map((model) => ({ model, texts })));
  onProgress({ step: `embedding ${count(texts.length)} queries by the old model`, done: 0, of: 0, unit: '' });
  const prepared = await encoded(around, record, asked, { asked: [], origins: {} });
  const searches = patientSearches(deps);
  const found = new Map<string, PointId[]>();
  for (const [done, { id, queries }] of prepared.entries()) {
    onProgress({ step: 'drawing the sample by the old vectors', done, of: prepared.length, unit: 'queries' });
    // The source is asked by its own names.
    const own = Object.fromEntries([...tried.oldNames].map(([from, name]) => [from, queries[name] ?? '']));
    const { hits } = await searches.search(source.name, {
      profile: spec.search.old,
      queries: own,
      limit: neighbours,
      exact: false,
      fields: [],
      signal,
    });
    found.set(
      id,
      hits.map((hit) => hit.id),
    );
  }
  const before = resolved.earlier?.migration.startsWith('trial-')
    ? await markedIds(deps.points, resolved.earlier.collection, 'random')
    : [];
  const fresh = await deps.points.sample(source.name, most, { filter: sourceFilter(spec) });
  const settled = await ownMarked(deps, spec.target.collection, 'random');
  // Read in the order of ids, of which the first are no random ones.
  const random = [...shuffled(before), ...fresh.map(({ id }) => id)];
  const relevant = asked.relevant.map(({ id }) => id);
  return drawTrial({ most, relevant, neighbours: found, settled, random });
}

function judgedOf({ queries, qrels }: Pick<TrialQueries, 'queries' | 'qrels'>) {
  const nothing = { hits: [], tookMs: 0 };
  const sides = { old: nothing, new: nothing };
  return judgedQueries(
    queries.map(({ id, text }) => ({ id, text, exact: sides, indexed: sides })),
    qrels,
  );
}

function askedOf({ candidates }: TrialSpec): string[] {
  return [...new Set(candidates.flatMap(({ profile }) => searchedVectors(profile)))];
}

type Encoding = { readonly asked: readonly string[]; readonly origins: Parameters<typeof embeddedQueries>[1]['origins'] };

/** The queries by both sides' models, by the names of the trial. Throws `invalid-spec` where it is not known how to make them. */
async function encoded(
  around: Around,
  { id, spec, source }: TrialRecord,
  { queries }: TrialQueries,
  { asked, origins }: Encoding,
): Promise<TrialQuery[]> {
  const { deps, tried } = around;
  const made = await answered(around, () => embeddedQueries(deps, { id, spec, origins }, { asked, source, texts: queries }));
  if ('failed' in made) throw new ReembedError('invalid-spec', made.failed);
  return made.map(({ id: query, text, slices, queries: { old, new: fresh } }) => ({
    ...{ id: query, text, slices: slices ?? {} },
    queries: { ...fresh, ...Object.fromEntries(Object.entries(old).map(([name, one]) => [tried.oldNames.get(name) ?? name, one])) },
  }));
}

type Measuring = {
  readonly record: TrialRecord;
  readonly asked: TrialQueries;
  readonly sample: readonly PointText[];
  readonly draw: TrialDraw;
  readonly plans: readonly Plan[];
  readonly queries: readonly TrialQuery[];
  readonly refusals: Filled['refusals'];
};

async function measured(around: Around, { record, asked, sample, draw, plans, queries, refusals }: Measuring): Promise<Tried[]> {
  const { deps, tried, signal, onProgress } = around;
  const { collection } = record.spec.target;
  const documents = documentsOfSample(tried, sample);
  const qrels = judgementsOfSample(asked, documents, record.spec.gates.documentField);
  const { slices } = tried.spec.gates;
  const slicesOf = byId(sample.map(({ id, payload }) => ({ id, values: sliceValues(payload, slices) })));
  const asking = { searches: patientSearches(deps), collection, documents, draw, signal };
  const askedAs = (who: string) => (done: number) =>
    onProgress({ step: `asking the sample as ${who}`, done, of: queries.length, unit: 'queries' });
  const old = await askTrial({ ...asking, onProgress: askedAs('applications do today') }, tried.old, queries);
  const lackingOld = await lacking(deps.points, collection, [...tried.oldNames.values()], sample);
  const found: Tried[] = [];
  for (const [at, candidate] of tried.candidates.entries()) {
    const who = `${JSON.stringify(candidate.spec.name)} would`;
    const fresh = await askTrial({ ...asking, onProgress: askedAs(who) }, candidate.profile, queries);
    const lackingNew = await lacking(deps.points, collection, candidate.vectors, sample);
    const unseen = idsOf([...lackingOld, ...lackingNew]);
    const { whole, fair } = compareTrial({ queries, old, fresh, qrels, unseen, slices, slicesOf }, draw);
    const { basis, relevantDocuments: relevant, missing } = asked;
    const withoutVector = lackingNew.length;
    const refused = candidate.vectors.flatMap((name) => refusals.get(name) ?? []);
    const judged = judgeTrial({
      whole,
      fair,
      slices,
      queries: queries.length,
      basis,
      relevant,
      missing,
      withoutVector,
      refused,
      points: sample.length,
    });
    if (whole.latencyMs === null) throw new Error('a trial asks queries');
    found.push({
      name: candidate.spec.name,
      models: modelsOf(candidate.spec, record),
      ...judged,
      latencyMs: whole.latencyMs,
      whole: wholeOf(plans[at]),
      withoutVector,
    });
  }
  return found;
}

/** The sampled points that have none of the vectors that one side searches by. */
async function lacking(
  points: TrialDeps['points'],
  collection: string,
  vectors: readonly string[],
  sample: readonly PointText[],
): Promise<PointText[]> {
  const without: PointText[] = [];
  for (let at = 0; at < sample.length; at += pagePoints) {
    const ids = sample.slice(at, at + pagePoints).map(({ id }) => id);
    const found = await points.retrieve(collection, { ids, payload: false, vectors });
    without.push(...found.filter((point) => vectors.every((name) => point.vectors[name] === undefined)));
  }
  return without;
}

function modelsOf({ vectors }: Spec, { source, spec }: TrialRecord): string[] {
  const origins = sourceOrigins(spec, source);
  const models = Object.values(vectors).flatMap(({ embed, bm25, keep, truncate, project, sparse, multivector }) => {
    if (embed !== undefined) return `${embed.model}${embed.dimensions === undefined ? '' : `, ${embed.dimensions} dimensions`}`;
    if (bm25 !== undefined) return 'qdrant/bm25';
    if (sparse !== undefined || multivector !== undefined) return (sparse ?? multivector)?.model ?? [];
    if (truncate !== undefined) return `${origins[truncate.vector]?.model ?? 'the old model'}, cut to ${truncate.dimensions} dimensions`;
    return project === undefined
      ? (origins[keep ?? '']?.model ?? [])
      : `${project.adapter} from ${origins[project.vector]?.model ?? 'the old model'}`;
  });
  return [...new Set(models)];
}

/** Of the roads that the spec takes, the one that costs most: words beside a vector come along with it. */
function wholeOf(plan: Plan | undefined): Tried['whole'] {
  const [dearest] = (plan?.advice?.options ?? []).filter(({ chosen }) => chosen).toSorted((a, b) => b.tokens - a.tokens);
  if (dearest === undefined) throw new Error('a plan without blockers has a road');
  const { priceUsd, time, memoryBytes, diskBytes } = dearest;
  return { priceUsd: priceUsd.sync, time, memoryBytes, diskBytes };
}
