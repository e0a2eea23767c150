import { z } from 'zod';
import { adviceSchema } from './advice.ts';
import { type ErrorCode, errorCodes } from './error-codes.ts';
import { findingKindSchema, findingSchema } from './finding.ts';
import { passKindSchema } from './jobs.ts';
import { commands, phaseSchema } from './phase.ts';
import { pointIdSchema } from './point-id.ts';
import { gateNameSchema, gatesSummarySchema, overrideSchema } from './report.ts';
import { specSchema } from './spec.ts';

export const errorCodeSchema = z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]);

/** One thing that is wrong with a spec: the field as a path, the value found there, and the way out in words. */
export const issueSchema = z.object({ field: z.string(), value: z.unknown(), message: z.string() });
export type Issue = z.infer<typeof issueSchema>;

/** Every reply that is not a success. */
export const errorReplySchema = z.object({ code: errorCodeSchema, message: z.string(), issues: z.array(issueSchema).optional() });
export type ErrorReply = z.infer<typeof errorReplySchema>;

const errorSummary = z.object({ code: errorCodeSchema, message: z.string() });

/** How far the target follows the source while the migration waits: differences the last pass found and mended. */
export const lagSchema = z.object({ differences: z.int(), at: z.iso.datetime(), tookMs: z.int() });
export type Lag = z.infer<typeof lagSchema>;

/** Counts of one walk over the ranges. `points` are source points whose page is acknowledged and checkpointed. */
export const progressSchema = z.object({
  pass: z.object({ number: z.int(), kind: passKindSchema }).nullable(),
  sourcePoints: z.int(),
  points: z.int(),
  ranges: z.object({ total: z.int(), done: z.int(), failed: z.int(), splitDone: z.boolean() }),
  /** Points set aside and not accepted; null while Qdrant, which keeps the list, does not say. */
  setAside: z.int().nullable(),
  /** Points set aside that a person accepted to be missing; null as above. */
  accepted: z.int().nullable(),
  texts: z.int(),
  tokens: z.int(),
  /** List price of the tokens so far, in US dollars; null when the model's price is not known. */
  costUsd: z.number().nullable(),
  pointsPerSecond: z.number().nullable(),
  etaSeconds: z.number().nullable(),
});
export type Progress = z.infer<typeof progressSchema>;

/** Vectors that points are given where they live, and how many points lacked one at the last look; null before the first. */
export const fillingSchema = z.object({
  vectors: z.array(z.string()),
  lacking: z.int().nullable(),
  at: z.iso.datetime().nullable(),
});
export type Filling = z.infer<typeof fillingSchema>;

export const verificationSchema = z.object({
  at: z.iso.datetime(),
  sourcePoints: z.int(),
  targetPoints: z.int(),
  compared: z.int(),
  findings: z.array(findingSchema),
});
export type Verification = z.infer<typeof verificationSchema>;

export const migrationViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  phase: phaseSchema,
  phaseNumber: z.int(),
  epoch: z.int(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  source: z.string(),
  target: z.string(),
  alias: z.string().nullable(),
  possible: z.array(z.enum(commands)),
  progress: progressSchema,
  waiting: z.object({ reason: z.string(), since: z.iso.datetime() }).nullable(),
  error: errorSummary.nullable(),
  verification: verificationSchema.nullable(),
  lag: lagSchema.nullable(),
  /** Null until the gates have been measured once. */
  gates: gatesSummarySchema.nullable(),
  /** People's words against gates, oldest first. */
  overrides: z.array(overrideSchema),
  /** Gates that stand in the way of a switch: failed or inconclusive, and no word holds against them. */
  blockedBy: z.array(gateNameSchema),
  /** Set where vectors are filled in where points live: in place, and after a two-step switch. */
  filling: fillingSchema.nullable(),
  /** Writes that reached the old collection while the alias moved, and are not dealt with yet. */
  lateWrites: z.object({ open: z.int(), findings: z.array(findingSchema) }),
  /** Set when a rollback was refused because writes since the switch would be lost. */
  rollback: z.object({ writes: z.int(), findings: z.array(findingSchema) }).nullable(),
  /** What to do now, in words. */
  next: z.string(),
  /** What applications have to change when they query the target, in words. */
  queryChange: z.array(z.string()),
});
export type MigrationView = z.infer<typeof migrationViewSchema>;

/** The reply to a submission: the migration, and whether this made it. */
export const submitReplySchema = migrationViewSchema.extend({ how: z.enum(['created', 'repeated', 'running', 'adopted']) });
export type SubmitReply = z.infer<typeof submitReplySchema>;

export const migrationListSchema = z.object({ migrations: z.array(migrationViewSchema) });

export const rollbackBodySchema = z.strictObject({ loseWrites: z.int().nonnegative().optional() });
export const resumeBodySchema = z.strictObject({ allowDeletes: z.int().nonnegative().optional() });
/** A word against a gate, from somebody, for a reason. */
export const overrideWordSchema = z.strictObject({
  gate: gateNameSchema,
  by: z.string().trim().min(1).max(200),
  reason: z.string().trim().min(1).max(2_000),
});
export type OverrideWord = z.infer<typeof overrideWordSchema>;

export const switchBodySchema = z.strictObject({
  acceptLateWrites: z.boolean().optional(),
  /** One, or one for each gate. */
  override: z.union([overrideWordSchema, z.array(overrideWordSchema).max(2)]).optional(),
});

/** Queries to ask both collections, each by its own search profile. */
export const compareBodySchema = z.strictObject({
  queries: z.array(z.string().min(1)).min(1).max(32),
  limit: z.int().min(1).max(100).default(10),
});
const comparedHit = z.object({ id: pointIdSchema, score: z.number(), text: z.string() });
export const compareReplySchema = z.object({
  queries: z.array(z.object({ query: z.string(), old: z.array(comparedHit), new: z.array(comparedHit) })),
});
export type CompareReply = z.infer<typeof compareReplySchema>;
/** `model` and `text` go together; without them the collection's own metadata says what makes the vector. */
export const backfillBodySchema = z.strictObject({
  collection: z.string().min(1),
  vector: z.string().min(1),
  model: z.string().optional(),
  text: z.string().optional(),
  dimensions: z.int().positive().optional(),
});
export type BackfillRequest = z.infer<typeof backfillBodySchema>;
export const adoptBodySchema = z.strictObject({ target: z.string().min(1) });

/** One point that could not be embedded or written. `payloadHash` is the SHA-256 of the payload text it had then. */
export const failureSchema = z.object({
  id: pointIdSchema,
  vector: z.string(),
  code: z.string(),
  reason: z.string(),
  payloadHash: z.string(),
  accepted: z.boolean(),
});
export type Failure = z.infer<typeof failureSchema>;
export const failurePageSchema = z.object({ failures: z.array(failureSchema), next: z.string().nullable() });
export const failureQuerySchema = z.object({
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
/** Which failures: by ids (digits or UUIDs), by code, or all of them. */
export const failureChoiceSchema = z
  .strictObject({ ids: z.array(z.string()).min(1).max(10_000).optional(), code: z.string().optional(), all: z.literal(true).optional() })
  .refine((choice) => Object.values(choice).filter((value) => value !== undefined).length === 1, 'wants exactly one of ids, code, all');
export type FailureChoice = z.infer<typeof failureChoiceSchema>;
export const lateWritePageSchema = z.object({
  lateWrites: z.array(z.object({ kind: findingKindSchema, id: pointIdSchema })),
  next: z.string().nullable(),
});
export const lateWriteWordSchema = z.strictObject({ act: z.enum(['insert-missing', 'accept']) });

export const completeBodySchema = z.strictObject({ confirm: z.string().optional(), dropVector: z.string().optional() });
export const cancelBodySchema = z.strictObject({ dropVectors: z.array(z.string()).optional() });

/** A spec as it arrives, for `POST /v1/migrations` and `POST /v1/plans`. */
export const submitBodySchema = specSchema;

const distribution = z.object({ p50: z.number(), p95: z.number(), max: z.number() });

export const planSchema = z.object({
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
      dimensions: z.int().nullable(),
      sampledTexts: z.int(),
      missingTexts: z.int(),
      chars: distribution,
      tokens: distribution,
      /** `exact` counts with the model's own tokenizer; otherwise an upper estimate. */
      tokenCount: z.enum(['exact', 'estimate']),
      totalTokens: z.int(),
      priceUsd: z.number().nullable(),
      overLimit: z.int(),
    }),
  ),
  /** By target vector: what a cut loses, measured on sampled vectors; null: too few to tell, or a multivector. */
  truncations: z.array(
    z.object({
      vector: z.string(),
      from: z.string(),
      dimensions: z.int(),
      sampledVectors: z.int(),
      /** Of the ten nearest neighbours by the whole vector, the share among the ten nearest by the cut one. */
      overlapAt10: z.number().nullable(),
    }),
  ),
  keeps: z.array(z.object({ vector: z.string(), from: z.string() })),
  /** Each of these stops a submission. */
  blockers: z.array(issueSchema),
  reminders: z.array(z.string()),
  queryChange: z.array(z.string()),
  /** What to do, judged by the decision table; absent where there is no source to judge. */
  advice: adviceSchema.optional(),
});
export type Plan = z.infer<typeof planSchema>;
