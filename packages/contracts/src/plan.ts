import { z } from 'zod';
import { bridgeCodeSchema } from './bridge.ts';
import { issueSchema } from './error-codes.ts';

/** Whether the stored vectors of a source vector are what the declared model makes of the declared text. */
export const fingerprintSchema = z.object({
  /** Of the source. */
  vector: z.string(),
  model: z.string().nullable(),
  /** `not-made`: nothing was embedded, or nothing can be told; `says` has the reason. */
  verdict: z.enum(['confirmed', 'refuted', 'not-made']),
  sampledTexts: z.int(),
  /** Where it is refuted: what does explain the stored vectors; null: nothing that was tried, or nothing has to be explained. */
  explainedBy: z.enum(['query-prefix', 'no-prefix', 'other-text']).nullable(),
  /** Of stored and newly made vectors; null where nothing was embedded. */
  medianCosine: z.number().nullable(),
  /** How many of the sampled texts are below the limit. */
  below: z.int(),
  says: z.string(),
});
export type Fingerprint = z.infer<typeof fingerprintSchema>;

/** A wanted model by another name than the one that made the stored vectors, tried on stored texts. */
export const sameModelSchema = z.object({
  /** Of the target, and the one of the source that it would stand for. */
  vector: z.string(),
  from: z.string(),
  model: z.string(),
  /** `same`: within the noise, so nothing has to be embedded. `near`: above what two models have, and not the same. */
  verdict: z.enum(['same', 'near', 'other']),
  medianCosine: z.number(),
  sampledTexts: z.int(),
  says: z.string(),
});
export type SameModel = z.infer<typeof sameModelSchema>;

/** One row of the decision table (docs/plan.md), for one vector of the target. */
export const decisionSchema = z.object({
  vector: z.string(),
  row: z.int().min(1).max(13),
  /** Whether every text has to be embedded again. */
  reembed: z.boolean(),
  /** Whether every text goes to a server all the same, for a vector that stands for no dense one. Absent: no. */
  sendsTexts: z.boolean().optional(),
  why: z.string(),
});
export type Decision = z.infer<typeof decisionSchema>;

/** Seconds from and to; no upper end where nothing known bounds it. */
export const timeRangeSchema = z.object({ lowSeconds: z.number(), highSeconds: z.number().nullable(), boundBy: z.string() });
export type TimeRange = z.infer<typeof timeRangeSchema>;

export const optionKinds = [
  'keep',
  'query-model',
  'truncate',
  'copy',
  'new-collection',
  'side-by-side',
  'in-place',
  'project',
  'hybrid',
  'requantize',
] as const;

/** One road, with what it takes. */
export const optionSchema = z.object({
  kind: z.enum(optionKinds),
  title: z.string(),
  recommended: z.boolean(),
  /** Whether it is what the spec asks for. */
  chosen: z.boolean(),
  possible: z.boolean(),
  /** Why, or why not. */
  why: z.string(),
  /** Points written. */
  points: z.int(),
  tokens: z.int(),
  /** List prices in US dollars; null where not known. `batch` is the vendor's batch road, which `embed.batch` takes where it is OpenAI's or Voyage's. */
  priceUsd: z.object({ sync: z.number().nullable(), batch: z.number().nullable() }),
  time: timeRangeSchema,
  /** What Qdrant holds while both states exist, in bytes. */
  diskBytes: z.number(),
  memoryBytes: z.number(),
  risks: z.array(z.string()),
});
export type AdviceOption = z.infer<typeof optionSchema>;

export const adviceSchema = z.object({
  fingerprints: z.array(fingerprintSchema),
  /** By target vector whose model has another name than what made the stored vectors. */
  sameModels: z.array(sameModelSchema),
  decisions: z.array(decisionSchema),
  /** Recommended first, then what the spec asks for, then what is possible. */
  options: z.array(optionSchema),
  /** Tokens over all points by language, guessed by stop words, or by script (`Latin script`) where none stands out. */
  languages: z.array(z.object({ language: z.string(), texts: z.int(), tokens: z.int() })),
  /** The source as Qdrant keeps it, and what follows from its size; null: nothing in particular. */
  size: z.object({ bytes: z.number(), says: z.string().nullable() }),
  /** What more workers change; null where nothing is embedded. */
  workers: z.string().nullable(),
  /** The figures that prices and limits were taken from; null `asOf`: nothing is known of the model. */
  sources: z.array(z.object({ model: z.string(), asOf: z.string().nullable(), source: z.string().nullable() })),
  /** How an application asks a query of the target; null where no public client makes the vector. */
  queryCode: z.object({ python: z.string(), typescript: z.string() }).nullable(),
  /** How it asks while the new vector is filled in where the points live; null: it is not, or as for `queryCode`. */
  bridgeCode: bridgeCodeSchema.nullable(),
});
export type Advice = z.infer<typeof adviceSchema>;

const distribution = z.object({ p50: z.number(), p95: z.number(), max: z.number() });

export const planSchema = z.object({
  /** `ready`: a run would not meet any of the blockers, because there are none. `says`: the same in a sentence. */
  verdict: z.object({ ready: z.boolean(), says: z.string() }),
  /** Three sentences: what is made, what it takes, what remains to be done by a person. Empty where there is no source. */
  summary: z.array(z.string()),
  /** `points`: how many migrate; `allPoints`: how many there are, also those that `source.filter` leaves out. */
  source: z.object({ collection: z.string(), alias: z.string().nullable(), points: z.int(), allPoints: z.int(), status: z.string() }),
  target: z.object({ collection: z.string(), exists: z.boolean() }),
  alias: z.object({ name: z.string(), pointsAt: z.string().nullable() }).nullable(),
  serverVersion: z.string(),
  sampledPoints: z.int(),
  /** By target vector: what is embedded, how long the sampled texts are, and what the whole costs. */
  embeds: z.array(
    z.object({
      vector: z.string(),
      model: z.string(),
      /** The built-in model that its name was taken for, where it is written otherwise: its prefixes, limits and sizes hold. */
      takenFor: z.string().nullable(),
      documentPrefix: z.string(),
      queryPrefix: z.string(),
      dimensions: z.int().nullable(),
      sampledTexts: z.int(),
      missingTexts: z.int(),
      /** Of the sampled texts, those whose vector is taken from the target of an earlier migration: neither embedded nor in tokens and price. */
      keptTexts: z.int(),
      chars: distribution,
      tokens: distribution,
      /** `exact` counts with the model's own tokenizer; otherwise an upper estimate. */
      tokenCount: z.enum(['exact', 'estimate']),
      totalTokens: z.int(),
      priceUsd: z.number().nullable(),
      overLimit: z.int(),
    }),
  ),
  /** By target vector that is made from text: what its template gives for up to three sampled points, the beginnings of long ones. */
  texts: z.array(z.object({ vector: z.string(), template: z.string(), examples: z.array(z.string()) })),
  /** By target vector: what a cut loses, measured on sampled vectors; null: too few to tell, or a multivector. */
  truncations: z.array(
    z.object({
      vector: z.string(),
      from: z.string(),
      dimensions: z.int(),
      sampledVectors: z.int(),
      /** Of the ten nearest neighbours by the whole vector, the share among the ten nearest by the cut one. */
      overlapAt10: z.number().nullable(),
      /** The same in the whole collection, where neighbours stand closer: as it fell with the size of the sample; null likewise. */
      expectedOverlapAt10: z.number().nullable(),
    }),
  ),
  keeps: z.array(z.object({ vector: z.string(), from: z.string() })),
  /** Every alias of the source and the one that the spec names; `pointsAt` null: it does not exist. */
  aliases: z.array(
    z.object({ name: z.string(), pointsAt: z.string().nullable(), becomes: z.enum(['moves', 'made', 'stays']), says: z.string() }),
  ),
  /** By target vector that is made anew: settings that it takes over from the source vector it stands for, and those that it does not. */
  settings: z.array(
    z.object({
      vector: z.string(),
      from: z.string(),
      carried: z.record(z.string(), z.unknown()),
      left: z.record(z.string(), z.unknown()),
    }),
  ),
  /** Each of these stops a submission. */
  blockers: z.array(issueSchema),
  reminders: z.array(z.string()),
  queryChange: z.array(z.string()),
  /** What to do, judged by the decision table; absent where there is no source to judge. */
  advice: adviceSchema.optional(),
});
export type Plan = z.infer<typeof planSchema>;
