import type { BridgePoint } from '@reembed/contracts';
import { isReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { bothFilters, sourceFilter } from '../domain/source-points.ts';
import { type Bridge, bridgeOf, type SearchedBridge, searchedBridge } from '../plan/bridge.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import { isCurrent, updateInPhase } from '../ports/migration-document.ts';
import type { Hit } from '../ports/searches.ts';
import { bridged } from '../quality/bridged.ts';
import { clustersOf } from '../quality/judged-queries.ts';
import { knownItemId } from '../quality/known-items.ts';
import { type Judgements, judgementsByQuery, ndcgAt } from '../quality/ranking-metrics.ts';
import { gateDepth } from '../quality/searched-query.ts';
import { bootstrapMeans, mean } from '../quality/statistics.ts';
import { documentOf, drawPoints } from './draw-points.ts';
import { countedQrels } from './judged-documents.ts';
import { embeddedQueries } from './quality-gate.ts';
import { hitsForDocuments, type PreparedQuery, patientSearches } from './search-sides.ts';

/** Shares of the walk over all points at which the bridge is measured; the first is where it begins, after the points of `copy.hotFirst`. */
const steps = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1];
/** Queries of one measurement: three searches each, beside production. */
const mostQueries = 200;
const lookEvery = 25;

type JudgedText = { readonly id: string; readonly text: string; readonly judgements: Judgements };

/**
 * Measures the bridge where the walk that fills a vector in place has come to the next step: what labelled queries and known items find by the old
 * vector, over the bridge, and by the new vector alone. It holds nothing up: what cannot be measured leaves its step out.
 */
export async function followBridge(given: CoordinatorDeps, began: Migration, signal: AbortSignal): Promise<void> {
  const bridge = bridgeOf(began.spec);
  const { gates } = began.spec;
  if (bridge === null || (gates.qrels.length === 0 && gates.knownItems === null)) return;
  const deps = { ...given, searches: patientSearches(given) };
  const migration = await deps.migrations.load(began.id);
  const step = migration === null ? null : await nextStep(deps, migration);
  if (migration === null || step === null) return;
  const point = await measureStep(deps, migration, bridge, { step, signal }).catch((error: unknown) => {
    if (!isReembedError(error)) throw error;
    return notMeasured(deps, step, error.message);
  });
  if (point === null) return;
  await updateInPhase(deps, migration, { bridged: [...(migration.bridged ?? []), point] });
}

/** The last step that the walk has passed, where it is not measured yet. */
async function nextStep(deps: CoordinatorDeps, { id, phase, pass, bridged: measured = [] }: Migration): Promise<number | null> {
  if (phase !== 'copying' || pass?.kind !== 'backfill' || measured.length >= steps.length) return null;
  const { points } = await deps.ranges.summary(id, pass.number);
  const share = pass.sourcePoints === 0 ? 1 : points / pass.sourcePoints;
  const step = steps.findLast((one) => one <= share) ?? 0;
  return measured.some((point) => point.step === step) ? null : step;
}

type Step = { readonly step: number; readonly signal: AbortSignal };

/** Null while the fleet embeds the queries, and where nobody waits for it any more. */
async function measureStep(
  deps: CoordinatorDeps,
  migration: Migration,
  bridge: Bridge,
  { step, signal }: Step,
): Promise<BridgePoint | null> {
  const texts = await judgedTexts(deps, migration, signal);
  const source = await deps.collections.describe(migration.resolved.source);
  if (texts.length === 0 || source === null) return notMeasured(deps, step, 'there is no labelled query or known item');
  const slices = texts.map(({ id, text }) => ({ id, text, slices: {} }));
  const prepared = await embeddedQueries(deps, migration, { asked: [bridge.fresh], source, texts: slices });
  if (prepared === null) return null;
  if ('failed' in prepared) return notMeasured(deps, step, prepared.failed);
  const filled = await countFilled(deps, migration, bridge.fresh);
  const judgements = new Map(texts.map((text) => [text.id, text.judgements]));
  const found: Found[] = [];
  const asked = searchedBridge(bridge, source);
  for (const [at, query] of prepared.entries()) {
    if (at % lookEvery === 0 && !(await isCurrent(deps, migration))) return null;
    found.push(await ndcgOf(deps, migration, asked, { query, judgements: judgements.get(query.id) ?? new Map(), signal }));
  }
  const over = (of: keyof Found) => mean(found.map((one) => one[of]));
  const asJudged = prepared.map((query) => ({ query, judgements: judgements.get(query.id) ?? new Map() }));
  const [gain = null] = bootstrapMeans([found.map((one) => one.bridge - one.old)], clustersOf(asJudged));
  const ndcg = { old: over('old'), bridge: over('bridge'), alone: over('alone') };
  return { step, at: isoNow(deps), ...filled, queries: found.length, ndcg, gain, failed: null };
}

function notMeasured(deps: Pick<CoordinatorDeps, 'clock'>, step: number, failed: string): BridgePoint {
  return { step, at: isoNow(deps), filled: 0, points: 0, queries: 0, ndcg: null, gain: null, failed };
}

/** Labelled queries first, as the quality gate counts them; a known item is a query with its own document for the relevant one. */
async function judgedTexts(deps: CoordinatorDeps, migration: Migration, signal: AbortSignal): Promise<JudgedText[]> {
  const { gates } = migration.spec;
  const { knownItems } = await drawPoints(deps, migration, migration.pass?.startedAt ?? '');
  const byQuery = judgementsByQuery((await countedQrels(deps, migration, signal)).qrels);
  const labelled = gates.queries.flatMap(({ id, text }) => {
    const judgements = byQuery.get(id) ?? new Map<string, number>();
    return [...judgements.values()].some((relevance) => relevance > 0) ? [{ id, text, judgements }] : [];
  });
  const known = knownItems.map(({ text, document }, at) => ({ id: knownItemId(at), text, judgements: new Map([[document, 1]]) }));
  return [...labelled, ...known].slice(0, mostQueries);
}

async function countFilled({ collections }: CoordinatorDeps, { spec, resolved }: Migration, vector: string) {
  const own = sourceFilter(spec);
  const has = bothFilters(own, { must: [{ has_vector: vector }] });
  const [points, filled] = await Promise.all([collections.count(resolved.source, own), collections.count(resolved.source, has)]);
  return { points, filled };
}

type Found = { readonly old: number; readonly bridge: number; readonly alone: number };
type Asked = { readonly query: PreparedQuery; readonly judgements: Judgements; readonly signal: AbortSignal };

/** nDCG@10 of one query, asked as applications do, through the index. */
async function ndcgOf({ searches }: CoordinatorDeps, { spec, resolved }: Migration, bridge: SearchedBridge, asked: Asked): Promise<Found> {
  const { query, judgements, signal } = asked;
  const { old: before, new: fresh = { ...before, using: bridge.fresh } } = spec.search;
  const { documentField } = spec.gates;
  const queries = { ...query.queries.old, ...query.queries.new };
  const fields = documentField === null ? [] : [documentField];
  const depth = documentField === null ? gateDepth : hitsForDocuments;
  const ask = async (profile: typeof before, limit: number) =>
    (await searches.search(resolved.source, { profile, queries, limit, exact: false, fields, signal })).hits;
  const { candidates, ranked: most } = bridge;
  const old = await ask(before, Math.max(candidates, depth));
  const prefetch = [{ using: bridge.old, limit: candidates, filter: before.filter }];
  const ranked = await ask({ ...before, using: bridge.fresh, prefetch }, most);
  const alone = await ask(fresh, depth);
  const ndcg = (hits: readonly Hit[]) =>
    ndcgAt(
      gateDepth,
      hits.map((hit) => documentOf(hit, documentField)),
      judgements,
    );
  return { old: ndcg(old), bridge: ndcg(bridged(old.slice(0, candidates), ranked)), alone: ndcg(alone) };
}
