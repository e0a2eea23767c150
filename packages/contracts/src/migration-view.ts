import { z } from 'zod';
import { boundBySchema } from './autoscale.ts';
import { bridgeViewSchema } from './bridge.ts';
import { errorCodeSchema } from './error-codes.ts';
import { passKindSchema } from './jobs.ts';
import { ownerSchema } from './metadata.ts';
import { commands, phaseSchema, waitKindSchema } from './phase.ts';
import { findingSchema, pointIdSchema } from './points.ts';
import { gateNameSchema, gatesSummarySchema, overrideSchema } from './report.ts';

const errorSummary = z.object({ code: errorCodeSchema, message: z.string() });

/** How far the target follows the source while the migration waits: differences the last pass found and mended. */
export const lagSchema = z.object({
  differences: z.int(),
  at: z.iso.datetime(),
  tookMs: z.int(),
  /** Passes in succession that found nothing, this one included: the rests between them grow. */
  quietPasses: z.int().default(0),
});
export type Lag = z.infer<typeof lagSchema>;

/**
 * What looks at points of the switched target found, all together: whether an application still writes vectors of the old model. `looked`: vectors
 * whose text was embedded anew; `old`: of these, what the old model makes of it; `unlike`: what neither model makes of it; `ids`: of the first few of
 * the old ones. `unable`: why the last look told nothing.
 */
export const writersLookSchema = z.object({
  at: z.iso.datetime(),
  looks: z.int(),
  looked: z.int(),
  old: z.int(),
  unlike: z.int(),
  ids: z.array(pointIdSchema),
  unable: z.string().nullable(),
});
export type WritersLook = z.infer<typeof writersLookSchema>;

/**
 * Counts of one walk over the ranges. `points` are source points whose page is acknowledged and checkpointed. `pointsPerSecond` is that of the
 * last half minute in which somebody worked, and `etaSeconds` goes by it; null before there is as much to go by.
 */
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
  /** How many of these went by batch, at the price of that. */
  batchTokens: z.int().default(0),
  /** Vectors that were taken from the target of an earlier migration, instead of texts that were embedded. */
  kept: z.int().default(0),
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

/** How fresh the old collection is kept after the switch. */
export const reverseSyncSchema = z.object({
  collection: z.string(),
  /** All that was in the new collection by then is in the old one, but what is set aside; null: no pass has ended yet. */
  freshAsOf: z.iso.datetime().nullable(),
  /** What the last pass found to differ, and mended. */
  differences: z.int().nullable(),
  /** Points of the new collection that cannot be made for the old one; null while Qdrant, which keeps the list, does not say. */
  setAside: z.int().nullable(),
  /** Why one of them cannot; null: there is none, or Qdrant does not say. */
  example: z.string().nullable(),
});
export type ReverseSync = z.infer<typeof reverseSyncSchema>;

export const verificationSchema = z.object({
  at: z.iso.datetime(),
  sourcePoints: z.int(),
  targetPoints: z.int(),
  compared: z.int(),
  /** Points that the target lacks because they are set aside, accepted or not: no difference. Absent in the records of older versions. */
  setAside: z.int().default(0),
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
  /** The fleet it belongs to, as its target says; null before there is a target, once it has ended, and while Qdrant does not say. */
  owner: ownerSchema.nullable(),
  possible: z.array(z.enum(commands)),
  progress: progressSchema,
  waiting: z.object({ kind: waitKindSchema, reason: z.string(), since: z.iso.datetime() }).nullable(),
  /** What keeps it from going faster, and in words; null once it has ended, and of what is kept by Qdrant alone. */
  bound: z.object({ by: boundBySchema, reason: z.string() }).nullable().default(null),
  /** The share of the points at which it was to pause, and has; null: nothing of the kind. */
  stoppedAt: z.number().nullable().default(null),
  /** How fast it may go, and why, where anything holds it back; null: nothing does. */
  pace: z
    .object({ pointsPerSecond: z.number().nullable(), reasons: z.array(z.string()) })
    .nullable()
    .default(null),
  /** What its providers were found to take at once, in words; empty: nothing was refused. */
  fits: z.array(z.string()).default([]),
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
  /** Set after the switch, where the spec asks for it. */
  reverseSync: reverseSyncSchema.nullable().default(null),
  /** Set while points may lack a vector that applications can ask all the same, over the bridge. */
  bridge: bridgeViewSchema.nullable().default(null),
  /** Null before the first look, and where no writer can be taken for one of the new model. */
  writers: writersLookSchema.nullable().default(null),
  /** Writes that reached the old collection while the alias moved, and are not dealt with yet. */
  lateWrites: z.object({ open: z.int(), findings: z.array(findingSchema) }),
  /** Set when a rollback was refused because writes since the switch would be lost. */
  rollback: z.object({ writes: z.int(), findings: z.array(findingSchema) }).nullable(),
  /** What to do now, in words. */
  next: z.string(),
  /** What applications have to change when they query the target, in words. */
  queryChange: z.array(z.string()),
  keptAt: z.iso
    .datetime()
    .optional()
    .meta({ description: 'Set where no coordinator that was asked knows it: this is what Qdrant keeps of it, as of then.' }),
});
export type MigrationView = z.infer<typeof migrationViewSchema>;

/** A field of a spec that was edited while its migration lives: both values as they are shown, and from when on the new one counts. */
const specChangeSchema = z.object({ field: z.string(), before: z.string(), after: z.string(), from: z.string() });

/** The reply to a submission: the migration, whether this made it, and what it changed of one that was there. */
export const submitReplySchema = migrationViewSchema.extend({
  how: z.enum(['created', 'repeated', 'running', 'adopted', 'again']),
  changes: z.array(specChangeSchema).default([]),
});
export type SubmitReply = z.infer<typeof submitReplySchema>;

/** A migration whose document cannot be read: shown, and worked on by nobody. `target`, `alias`: what it holds; null: nothing, or not even that is known. */
export const unreadableSchema = z.object({
  id: z.string(),
  target: z.string().nullable(),
  alias: z.string().nullable(),
  code: errorCodeSchema,
  message: z.string().meta({ description: 'What is wrong, and the way out.' }),
});
export type Unreadable = z.infer<typeof unreadableSchema>;
/** The reply to a change of its pace: the migration, and what was changed. */
export const tuneReplySchema = migrationViewSchema.extend({ changes: z.array(specChangeSchema).default([]) });
export type TuneReply = z.infer<typeof tuneReplySchema>;

/** Migrations, newest first; `next` is the cursor of the page after, null on the last. */
export const migrationPageSchema = z.object({
  migrations: z.array(migrationViewSchema),
  next: z.string().nullable(),
  unreadable: z.array(unreadableSchema).default([]).meta({ description: 'Of the first page: those that cannot be shown, with why.' }),
});
export type MigrationPage = z.infer<typeof migrationPageSchema>;

/** What `GET /v1/migrations/:id/events` sends: the event's name is `type`, its data the whole object, its id the stream position. */
export const migrationEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('phase'), at: z.iso.datetime(), phase: phaseSchema, number: z.int() }),
  z.object({ type: z.literal('progress'), at: z.iso.datetime(), progress: progressSchema }),
  z.object({ type: z.literal('waiting'), at: z.iso.datetime(), reason: z.string() }),
  z.object({ type: z.literal('verified'), at: z.iso.datetime(), verification: verificationSchema }),
  z.object({ type: z.literal('error'), at: z.iso.datetime(), code: errorCodeSchema, message: z.string() }),
  z.object({ type: z.literal('note'), at: z.iso.datetime(), message: z.string() }),
]);
export type MigrationEvent = z.infer<typeof migrationEventSchema>;
