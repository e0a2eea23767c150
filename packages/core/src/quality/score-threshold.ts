import { type CarriedThreshold, isEstimated } from '@reembed/contracts';
import { clustersOf, type JudgedQuery } from './judged-queries.ts';
import { fewestQueries } from './quality-verdict.ts';
import type { Judgements } from './ranking-metrics.ts';
import type { SearchAnswer, SearchedQuery, Sides } from './searched-query.ts';
import { type Clusters, createSeededRandom, independentOf, quantile, widening } from './statistics.ts';

export type ThresholdToCarry = {
  /** What applications ask of an old score. */
  readonly threshold: number;
  /** How many hits applications ask for. */
  readonly limits: Sides<number>;
  readonly scoreKinds: Sides<string>;
};

const resamples = 2_000;
const seed = 20_260_714;

/** One hit of a query; `score`: the more the better, whatever the distance. */
type Hit = { readonly score: number; readonly query: number; readonly relevant: boolean };
/** Best first. */
type Side = { readonly hits: readonly Hit[]; readonly threshold: number };
type Basis = CarriedThreshold['basis'];

/**
 * The threshold of the new scores that does what the old one did, over the hits that applications get: with 50 independent labelled queries it
 * keeps the precision (the lowest that is as precise, which finds most), else the volume (as many hits over all queries). The interval is a
 * percentile bootstrap over queries, those about the same documents together, in which both sides are drawn anew, widened where queries share a part of
 * their documents. Null without hits.
 */
export function carryThreshold(
  { threshold, limits, scoreKinds }: ThresholdToCarry,
  asked: readonly SearchedQuery[],
  judged: readonly JudgedQuery[],
): CarriedThreshold | null {
  const labelled = independentOf(clustersOf(judged)) >= fewestQueries;
  const basis: Basis = labelled ? 'precision' : 'volume';
  const queries = labelled ? judged : asked.map((query) => ({ query, judgements: new Map() }));
  const clusters: Clusters = labelled ? clustersOf(judged) : { of: asked.map((_, at) => at) };
  const side = (name: keyof Sides<unknown>) => hitsOf(queries, name, limits[name], directionOf(scoreKinds[name]));
  const [old, fresh] = [side('old'), side('new')];
  if (old.length === 0 || fresh.length === 0) return null;
  const before = { hits: old, threshold: threshold * directionOf(scoreKinds.old) };
  const direction = directionOf(scoreKinds.new);
  const one = queries.map(() => 1);
  const wanted = keptBy(basis, before, one);
  const found = wanted === null ? null : matching(basis, wanted, fresh, one);
  const drawn = drawThresholds(basis, before, fresh, clusters.of);
  const ascending = Float64Array.from(drawn, (score) => score * direction).sort();
  const wider =
    basis === 'volume' || found === null ? 1 : widening(pullOf(before, { hits: fresh, threshold: found }, queries.length), clusters);
  const bound = (q: number) =>
    found === null || ascending.length === 0 ? null : widened(found * direction, quantile(ascending, q), wider);
  return {
    basis,
    queries: queries.length,
    old: threshold,
    new: found === null ? null : found * direction,
    lower: bound(0.025),
    upper: bound(0.975),
    wanted: basis === 'volume' && wanted !== null ? wanted / queries.length : wanted,
    undefinedShare: 1 - ascending.length / resamples,
  };
}

function widened(estimate: number, bound: number, wider: number): number {
  return wider === 1 ? bound : estimate + (bound - estimate) * wider;
}

/**
 * How far each query pulls at the threshold that keeps the precision: what it adds to the equation that the threshold solves (the delta method). By
 * so much the threshold moves where the query weighs more, and those that share documents move it together.
 */
function pullOf(old: Side, fresh: Side, queries: number): number[] {
  const [passedOld, passedNew] = [passedBy(old, queries), passedBy(fresh, queries)];
  const precision = passedOld.relevant / passedOld.passed;
  const scale = passedNew.passed / passedOld.passed;
  const excess = ({ each }: typeof passedOld, at: number) => (each[at]?.relevant ?? 0) - precision * (each[at]?.passed ?? 0);
  return Array.from({ length: queries }, (_, at) => excess(passedNew, at) - scale * excess(passedOld, at));
}

/** Hits that pass, and those of them that are relevant: in all, and by query. */
function passedBy({ hits, threshold }: Side, queries: number) {
  const each = Array.from({ length: queries }, () => ({ passed: 0, relevant: 0 }));
  for (const { score, query, relevant } of hits) {
    const of = each[query];
    if (score < threshold || of === undefined) continue;
    of.passed += 1;
    if (relevant) of.relevant += 1;
  }
  const total = (of: 'passed' | 'relevant') => each.reduce((sum, one) => sum + one[of], 0);
  return { each, passed: total('passed'), relevant: total('relevant') };
}

/** Qdrant's distances fall as hits get better; everything else rises. */
function directionOf(kind: string): number {
  return kind === 'Euclid' || kind === 'Manhattan' ? -1 : 1;
}

type Queries = readonly { readonly query: SearchedQuery; readonly judgements: Judgements }[];

function hitsOf(queries: Queries, side: keyof Sides<SearchAnswer>, limit: number, direction: number): Hit[] {
  const hits = queries.flatMap(({ query, judgements }, at) =>
    query.indexed[side].hits
      .slice(0, limit)
      .map(({ score, document }) => ({ score: score * direction, query: at, relevant: (judgements.get(document) ?? 0) > 0 })),
  );
  return hits.filter(({ score }) => Number.isFinite(score)).sort((a, b) => b.score - a.score);
}

/** The precision of what passes the threshold, or how many hits pass; null: nothing passes, so that there is no precision. */
function keptBy(basis: Basis, { hits, threshold }: Side, weights: readonly number[]): number | null {
  let [passed, relevant] = [0, 0];
  for (const hit of hits) {
    if (hit.score < threshold) break;
    passed += weights[hit.query] ?? 0;
    if (hit.relevant) relevant += weights[hit.query] ?? 0;
  }
  if (passed === 0) return null;
  return basis === 'volume' ? passed : relevant / passed;
}

/** The lowest score down to which hits are as precise, or the one with which as many pass; null: none is. */
function matching(basis: Basis, wanted: number, hits: readonly Hit[], weights: readonly number[]): number | null {
  let [passed, relevant] = [0, 0];
  let [best, together] = [null as number | null, 0];
  for (const [at, hit] of hits.entries()) {
    const weight = weights[hit.query] ?? 0;
    passed += weight;
    together += weight;
    if (hit.relevant) relevant += weight;
    // Hits of equal score pass together; those of which none was drawn are not there.
    if (hits[at + 1]?.score === hit.score) continue;
    if (together > 0 && (basis === 'volume' || relevant / passed >= wanted)) best = hit.score;
    together = 0;
    if (basis === 'volume' && passed >= wanted) break;
  }
  return best;
}

/** The threshold of each resample that has one. */
function drawThresholds(basis: Basis, old: Side, fresh: readonly Hit[], clusters: readonly number[]): number[] {
  const random = createSeededRandom(seed);
  const count = Math.max(...clusters) + 1;
  return Array.from({ length: resamples }, () => {
    const drawn = new Float64Array(count);
    for (let at = 0; at < count; at++) {
      const cluster = Math.floor(random() * count);
      drawn[cluster] = (drawn[cluster] ?? 0) + 1;
    }
    const weights = clusters.map((cluster) => drawn[cluster] ?? 0);
    const wanted = keptBy(basis, old, weights);
    return wanted === null ? null : matching(basis, wanted, fresh, weights);
  }).filter((score) => score !== null);
}

/** The carried threshold in a sentence, with its uncertainty. */
export function thresholdInWords({ basis, old, new: fresh, lower, upper, wanted, undefinedShare, queries }: CarriedThreshold): string {
  if (wanted === null) return `no hit of ${queries} queries passes the score threshold ${old} of the old scores: there is nothing to keep`;
  const kept =
    basis === 'precision'
      ? `${(100 * wanted).toFixed(1)} % of what passes is relevant, as before`
      : `${wanted.toFixed(1)} hits a query pass, as before; whether they are as good takes ${fewestQueries} labelled queries`;
  if (fresh === null || lower === null || upper === null)
    return `no threshold of the new scores does what ${old} does of the old ones (${kept.replace(/, as before.*/, '')}): choose one by hand`;
  const rarely = undefinedShare > 0.05 ? `; in ${(100 * undefinedShare).toFixed(0)} of 100 draws none does` : '';
  const interval = isEstimated({ lower, upper })
    ? `95 % interval ${scored(lower)} to ${scored(upper)}`
    : 'the same in every draw, so no interval can be estimated';
  return `a score threshold of ${old} becomes ${scored(fresh)}, ${interval}, over ${queries} queries: ${kept}${rarely}`;
}

function scored(score: number): string {
  return String(Number(score.toPrecision(4)));
}
