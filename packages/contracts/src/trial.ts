import { z } from 'zod';
import { comparedSchema } from './mean-difference.ts';
import { timeRangeSchema } from './plan.ts';
import { specSchema } from './spec.ts';
import { trialVerdicts } from './trial-outcome.ts';

/** Specs that are tried on one sample of their common source. */
export const trialBodySchema = z.strictObject({
  specs: z.array(specSchema).min(1).max(8).meta({ description: 'The candidates: specs of one source, each with a name of its own.' }),
  points: z.int().min(100).max(50_000).default(3_000).meta({ description: 'How many points of the source are tried.' }),
  budgetUsd: z
    .number()
    .nonnegative()
    .default(2)
    .meta({ description: 'What the trial may cost at list prices, in US dollars: past it nothing is embedded.' }),
});
export type TrialBody = z.infer<typeof trialBodySchema>;
export type TrialInput = z.input<typeof trialBodySchema>;

const latency = z.object({ p50: z.number(), p95: z.number() });

export const triedSchema = z.object({
  /** The spec's name. */
  name: z.string(),
  /** What makes its vectors, such as `openai/text-embedding-3-large` and `qdrant/bm25`. */
  models: z.array(z.string()),
  verdict: z.enum(trialVerdicts),
  reasons: z.array(z.string()),
  /** Against everything that was sampled, the old model's hardest documents included: it favours the new one. */
  ndcg: comparedSchema,
  recall: comparedSchema,
  mrr: comparedSchema,
  /** nDCG@10 without the documents that were drawn because the old model found them: it favours neither. */
  fairNdcg: comparedSchema,
  /** Of searches in the sample, in ms. */
  latencyMs: z.object({ old: latency, new: latency }),
  /** What the whole collection would take; price null: not known. */
  whole: z.object({ priceUsd: z.number().nullable(), time: timeRangeSchema, memoryBytes: z.number(), diskBytes: z.number() }),
  /** Sampled points that have no vector to search by: without a text, or with one that the model refused. */
  withoutVector: z.int(),
});
export type Tried = z.infer<typeof triedSchema>;

export const trialSchema = z.object({
  /** What `reembed discard` wants. */
  id: z.string(),
  source: z.string(),
  /** Keeps the sample with its vectors: a migration of one of the specs takes them from there. */
  collection: z.string(),
  at: z.iso.datetime(),
  sample: z.object({ ofPoints: z.int(), points: z.int(), relevant: z.int(), neighbours: z.int(), random: z.int() }),
  queries: z.object({
    basis: z.enum(['labels', 'known-items']),
    given: z.int(),
    asked: z.int(),
    /** About different documents: queries about the same ones count as one. */
    independent: z.int(),
    /** Documents that are judged relevant, and those of them that the source does not have. */
    relevant: z.int(),
    missing: z.int(),
  }),
  /** In the order of the specs. */
  candidates: z.array(triedSchema),
  /** What was embedded now, at list prices; `priceUnknown`: models whose price nobody knows, which are not counted. */
  spent: z.object({ texts: z.int(), tokens: z.int(), priceUsd: z.number(), priceUnknown: z.array(z.string()) }),
  budgetUsd: z.number(),
  /** Vectors that were there from an earlier trial or migration, and so not paid again. */
  kept: z.int(),
  remarks: z.array(z.string()),
});
export type Trial = z.infer<typeof trialSchema>;

/** How far a trial is: `done` of `of` things of its present step are behind; `of` is 0 where they are not counted. */
export const trialProgressSchema = z.object({ step: z.string(), done: z.int(), of: z.int(), unit: z.string() });
export type TrialProgress = z.infer<typeof trialProgressSchema>;

/** While it works: how far it is, and the same in words. Asking again with the same body goes on with it, and answers the trial once it is done. */
export const trialUnderWaySchema = z.object({ state: z.literal('working'), says: z.string(), progress: trialProgressSchema });
export const trialReplySchema = z.union([trialSchema, trialUnderWaySchema]);
export type TrialReply = z.infer<typeof trialReplySchema>;
