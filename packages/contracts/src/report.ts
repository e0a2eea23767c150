import { z } from 'zod';
import { bridgePointSchema } from './bridge.ts';
import { fusionChoiceSchema } from './fusion-choice.ts';
import { comparedSchema, meanDifferenceSchema } from './mean-difference.ts';
import { phaseSchema } from './phase.ts';
import { findingSchema, pointIdSchema } from './points.ts';
import { searchTallySchema } from './search-tally.ts';
import { trialVerdicts } from './trial-outcome.ts';

/** `inconclusive`: the numbers allow either; `not-measured`: nothing was given to measure with, which blocks nothing by itself. */
export const verdictSchema = z.enum(['pass', 'fail', 'inconclusive', 'not-measured']);
export type Verdict = z.infer<typeof verdictSchema>;

export const gateNameSchema = z.enum(['fidelity', 'quality', 'shadow']);
export type GateName = z.infer<typeof gateNameSchema>;

/** One check of the fidelity gate, with the points it found wrong (the first few). */
export const fidelityCheckSchema = z.object({
  name: z.enum(['points', 'payloads', 'vectors', 'embedded-again', 'index', 'ann-recall']),
  verdict: verdictSchema,
  /** What was seen, with values, and what was wanted. */
  message: z.string(),
  ids: z.array(pointIdSchema),
});
export type FidelityCheck = z.infer<typeof fidelityCheckSchema>;

export const fidelityGateSchema = z.object({ verdict: verdictSchema, checks: z.array(fidelityCheckSchema) });
export type FidelityGate = z.infer<typeof fidelityGateSchema>;

/** `exact`: every vector compared, which shows the model; `indexed`: as applications search, which adds the index's own error. */
export const searchModeSchema = z.enum(['exact', 'indexed']);
export type SearchMode = z.infer<typeof searchModeSchema>;

export const metricNameSchema = z.enum(['ndcg@10', 'recall@10', 'mrr@10']);
export type MetricName = z.infer<typeof metricNameSchema>;

/** A metric's mean over all labelled queries, old and new, and the 95 % interval of the difference (new - old, paired bootstrap). */
export const metricRowSchema = z.object({
  metric: metricNameSchema,
  mode: searchModeSchema,
  ...comparedSchema.shape,
});
export type MetricRow = z.infer<typeof metricRowSchema>;

/** One place of a result list. `document`: what judgements call it, absent in the gates of older migrations. `relevance` is null where nobody judged it. */
export const shownHitSchema = z.object({
  id: pointIdSchema,
  document: z.string().optional(),
  score: z.number(),
  text: z.string(),
  relevance: z.int().nullable(),
});
export type ShownHit = z.infer<typeof shownHitSchema>;

/** Both sides' answers to one query. `ndcg` only where it is labelled; overlap and rank-biased overlap (p = 0.9) of the first ten. */
export const comparedQuerySchema = z.object({
  id: z.string(),
  text: z.string(),
  ndcg: z.object({ old: z.number(), new: z.number() }).nullable(),
  overlap: z.number(),
  rbo: z.number(),
  old: z.array(shownHitSchema),
  new: z.array(shownHitSchema),
});
export type ComparedQuery = z.infer<typeof comparedQuerySchema>;

const sides = <Schema extends z.ZodType>(schema: Schema) => z.object({ old: schema, new: schema });

/** Scores of the first ten hits over all queries: counts between `edges` (n + 1 of them), and quantiles. */
export const scoreDistributionSchema = z.object({
  edges: z.array(z.number()),
  counts: z.array(z.int()),
  p5: z.number(),
  p50: z.number(),
  p95: z.number(),
});
export type ScoreDistribution = z.infer<typeof scoreDistributionSchema>;

/** One way to ask the target: a part, which is one candidate list alone, or the whole, which fuses or ranks anew what the parts find. Exact. */
export const searchSystemSchema = z.object({
  name: z.string(),
  role: z.enum(['part', 'whole']),
  /** Whether applications are going to ask so; else it is what they could ask. */
  asked: z.boolean(),
  /** Means over the labelled queries; null without labels. */
  metrics: z.object({ ndcg: z.number(), recall: z.number(), mrr: z.number() }).nullable(),
  /** nDCG@10 of the whole less this part's, with its 95 % interval; null for the whole, and without labels. */
  wholeGains: meanDifferenceSchema.nullable(),
  /** nDCG@10 of this less that of what applications will ask; null for that one, and without labels. */
  askedGains: meanDifferenceSchema.nullable().default(null),
  /** Share of the whole's first ten that it finds among its own. */
  overlap: z.number(),
  /** Queries for which it finds nothing. */
  empty: z.int(),
});
export type SearchSystem = z.infer<typeof searchSystemSchema>;

/** Searches with one `hnsw_ef` (null: the server's own choice): the share of the exact search's first ten that they find, and ms. */
export const searchAtEfSchema = z.object({ ef: z.int().nullable(), recall: z.number(), p50: z.number(), p95: z.number() });
export type SearchAtEf = z.infer<typeof searchAtEfSchema>;

/** Latency of both sides where they find the same, within `tolerance`; not `reached`: no `hnsw_ef` that was tried makes them. */
export const equalRecallSchema = z.object({
  queries: z.int(),
  tolerance: z.number(),
  reached: z.boolean(),
  old: searchAtEfSchema,
  new: searchAtEfSchema,
});
export type EqualRecall = z.infer<typeof equalRecallSchema>;

/**
 * What an application's score threshold becomes: the new one that keeps the `precision` of what passes, or its `volume` (hits a query), with its
 * 95 % interval. `wanted`: that value, null where nothing passes the old one; `new` null: no threshold keeps it. `undefinedShare`: of the
 * interval's draws, those in which none does.
 */
export const carriedThresholdSchema = z.object({
  basis: z.enum(['precision', 'volume']),
  queries: z.int(),
  old: z.number(),
  new: z.number().nullable(),
  lower: z.number().nullable(),
  upper: z.number().nullable(),
  wanted: z.number().nullable(),
  undefinedShare: z.number(),
});
export type CarriedThreshold = z.infer<typeof carriedThresholdSchema>;

/**
 * nDCG@10 within the labelled queries that share a value of a field; `value` null: those of all values with too few queries of their own,
 * together. `not-measured`: too few to be judged. The interval is of `level`, wider the more slices are judged.
 */
export const qualitySliceSchema = z.object({
  field: z.string(),
  value: z.string().nullable(),
  verdict: verdictSchema,
  queries: z.int(),
  independent: z.int(),
  /** The way of asking whose verdict is the worse one. */
  mode: searchModeSchema,
  ...comparedSchema.shape,
  level: z.number(),
});
export type QualitySlice = z.infer<typeof qualitySliceSchema>;

export const qualityGateSchema = z.object({
  verdict: verdictSchema,
  /** `labels`: queries with judgements; `same-space`: how much of the old result lists stays; `difference`: only how much they differ. */
  basis: z.enum(['labels', 'same-space', 'difference', 'none']),
  /** Why, with values; warnings too (few queries, unjudged results). */
  reasons: z.array(z.string()),
  queries: z.int(),
  labelled: z.int(),
  /** The labelled queries that are about different documents: those about the same count as one. Null in the gates of older migrations. */
  independent: z.int().nullable().default(null),
  /** The smallest difference of nDCG@10 that so many queries show with 80 % power; null without labels. */
  detectable: z.number().nullable(),
  /** Share of the first ten that somebody judged. */
  judged: sides(z.number()).nullable(),
  metrics: z.array(metricRowSchema),
  /** By the fields of `gates.slices`. */
  slices: z.array(qualitySliceSchema).default([]),
  /** Dense, sparse and fused side by side, where the target can be asked in such parts. Absent in the gates of older migrations. */
  systems: z.array(searchSystemSchema).default([]),
  /** Null where there are no lists to fuse or nothing is judged, and in the gates of older migrations. */
  fusion: fusionChoiceSchema.nullable().default(null),
  /** Queries made of the points themselves: how high each finds its own. */
  knownItems: z.object({ queries: z.int(), mrr: sides(z.number()), recall: sides(z.number()) }).nullable(),
  /** Means over all queries, new against old, exact. */
  overlap: z.number().nullable(),
  rbo: z.number().nullable(),
  /** nDCG@10 differences (new - old, exact) of the labelled queries, ascending. */
  differences: z.array(z.object({ query: z.string(), difference: z.number() })),
  /** The queries that lost most, and won most; without labels those whose results changed most are the losers. */
  lost: z.array(comparedQuerySchema),
  won: z.array(comparedQuerySchema),
  /** The queries whose results changed most by rank-biased overlap, labelled or not: what is worth judging by hand. */
  changed: z.array(comparedQuerySchema).default([]),
  scores: sides(scoreDistributionSchema).nullable(),
  /** What the scores are: a distance by its name in Qdrant, or the way of fusing. Null in the gates of older migrations. */
  scoreKinds: sides(z.string()).nullable().default(null),
  /** Where `gates.scoreThreshold` names one. */
  threshold: carriedThresholdSchema.nullable().default(null),
  /** Of the indexed searches, ms. */
  latencyMs: sides(z.object({ p50: z.number(), p95: z.number() })).nullable(),
  /** Null where candidates are fused or nothing is indexed, without queries, and in the gates of older migrations. */
  equalRecall: equalRecallSchema.nullable().default(null),
});
export type QualityGate = z.infer<typeof qualityGateSchema>;

/** A person's word against a gate. It holds as long as the gate measures nothing worse than `verdict`, what it was given against. */
export const overrideSchema = z.object({
  gate: gateNameSchema,
  verdict: verdictSchema,
  by: z.string(),
  reason: z.string(),
  at: z.iso.datetime(),
});
export type Override = z.infer<typeof overrideSchema>;

const gateSummary = z.object({ verdict: verdictSchema, reasons: z.array(z.string()) });
export type GateSummary = z.infer<typeof gateSummary>;

/** The gates in short: the verdicts with their numbers in words. */
export const gatesSummarySchema = z.object({
  at: z.iso.datetime(),
  fidelity: gateSummary,
  quality: gateSummary,
  /** How far searches of applications agree on both sides, as it stands now; absent where the spec asks for no such gate. */
  shadow: gateSummary.optional(),
});
export type GatesSummary = z.infer<typeof gatesSummarySchema>;

export const gatesSchema = z.object({ at: z.iso.datetime(), fidelity: fidelityGateSchema, quality: qualityGateSchema });
export type Gates = z.infer<typeof gatesSchema>;

/** Everything the report shows; `GET /v1/migrations/{id}/report`. */
export const reportSchema = z.object({
  format: z.literal(1),
  at: z.iso.datetime(),
  migration: z.object({
    id: z.string(),
    name: z.string(),
    phase: phaseSchema,
    source: z.string(),
    target: z.string(),
    alias: z.string().nullable(),
    createdAt: z.iso.datetime(),
  }),
  /** Fails where a gate fails; passes where fidelity does and quality passes or is not measured. */
  verdict: verdictSchema,
  /** The verdict in one sentence, for people. */
  headline: z.string(),
  /** Null until the migration has been verified once. */
  gates: gatesSchema.nullable(),
  overrides: z.array(overrideSchema),
  counts: z.object({
    source: z.int(),
    target: z.int(),
    compared: z.int(),
    setAside: z.int(),
    accepted: z.int(),
    findings: z.array(findingSchema),
  }),
  /** `kept`: vectors that were taken from the target of an earlier migration instead. */
  cost: z.object({ texts: z.int(), tokens: z.int(), usd: z.number().nullable(), kept: z.int().default(0) }),
  /** The trial whose vectors were taken; null: none's. `savedUsd`: for as many of the mean cost of a text that was embedded. */
  trial: z
    .object({ id: z.string(), points: z.int(), verdict: z.enum(trialVerdicts).nullable(), savedUsd: z.number().nullable() })
    .nullable()
    .default(null),
  /**
   * How long each phase took so far, in order, without `waitedMs`, in which it waited for a provider, Qdrant or workers that were away. `idle`: it waited
   * for a person's word, or nothing was to come any more.
   */
  phases: z.array(
    z.object({
      phase: phaseSchema,
      from: z.iso.datetime(),
      tookMs: z.int(),
      waitedMs: z.int().default(0),
      idle: z.boolean().default(false),
    }),
  ),
  /** Points a second over time, while passes ran. */
  throughput: z.array(z.object({ at: z.iso.datetime(), pointsPerSecond: z.number() })),
  setAside: z.array(z.object({ id: pointIdSchema, vector: z.string(), code: z.string(), reason: z.string(), accepted: z.boolean() })),
  /** Configurations as Qdrant reports them. */
  collections: z.object({ old: z.record(z.string(), z.unknown()).nullable(), new: z.record(z.string(), z.unknown()).nullable() }),
  /** The vectors of the old collection and what made them; null where nobody said. Absent in the records of older versions. */
  oldVectors: z.array(z.object({ name: z.string(), model: z.string().nullable() })).default([]),
  vectors: z.array(z.object({ name: z.string(), recipe: z.string(), model: z.string().nullable() })),
  queryChange: z.array(z.string()),
  /** What was found over the bridge while a vector was filled in, in the order of time. Absent in the records of older versions. */
  bridge: z.array(bridgePointSchema).default([]),
  /** What gateways found of real searches before the switch; null: none told anything. */
  searches: searchTallySchema.nullable().default(null),
  /** How far these have to agree before the switch; null: the spec does not ask, or the gates have not been measured. */
  shadow: gateSummary.nullable().default(null),
});
export type Report = z.infer<typeof reportSchema>;
