import { z } from 'zod';
import { findingKindSchema, pointIdSchema } from './points.ts';
import { gateNameSchema } from './report.ts';
import { throttleChangeSchema } from './throttle-spec.ts';

/** The header by which a caller says its name, percent-encoded. Nobody checks it: where the coordinator knows who asks, that name counts. */
export const callerHeader = 'reembed-by';

export const rollbackBodySchema = z.strictObject({
  loseWrites: z.int().nonnegative().optional().meta({ description: 'Goes on over this many writes since the switch, which are lost.' }),
});
export const resumeBodySchema = z.strictObject({
  allowDeletes: z.int().nonnegative().optional().meta({ description: 'Lets sync delete this many points that vanished from the source.' }),
  switch: z.boolean().optional().meta({ description: 'Goes on with a switch that stopped, and moves the alias.' }),
  acceptLateWrites: z
    .boolean()
    .optional()
    .meta({ description: 'With switch: although writers may write in that moment; what comes too late is listed.' }),
});

/** A word against a gate, from somebody, for a reason. */
export const overrideWordSchema = z.strictObject({
  gate: gateNameSchema.meta({ description: 'The gate that is gone over.' }),
  by: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'Who says so, kept; where the coordinator knows who asks, that name is kept and this one is not read.' }),
  reason: z.string().trim().min(1).max(2_000).meta({ description: 'Why; kept.' }),
});
export type OverrideWord = z.infer<typeof overrideWordSchema>;

export const switchBodySchema = z.strictObject({
  acceptLateWrites: z
    .boolean()
    .optional()
    .meta({ description: 'Switches although writers may write in that moment; what comes too late is listed.' }),
  madeByHand: z
    .boolean()
    .optional()
    .meta({ description: 'Takes the alias that somebody pointed at the target for the switch; what differs by now is listed.' }),
  override: z
    .union([overrideWordSchema, z.array(overrideWordSchema).max(2)])
    .optional()
    .meta({ description: 'A word against a gate, or one for each.' }),
});

/** What a person changes of a migration under way; what is left out stays. */
export const tuneBodySchema = z.strictObject({
  throttle: throttleChangeSchema.optional().meta({ description: 'How much it may use; null takes a limit away.' }),
  copy: z
    .strictObject({
      pagePoints: z.int().min(1).max(1_000).meta({ description: 'Points of one scroll and one upsert.' }),
      streams: z.int().min(1).max(64).meta({ description: 'Ranges that one worker process works on at once.' }),
    })
    .partial()
    .optional()
    .meta({ description: 'In what pieces points are copied.' }),
  until: z
    .number()
    .gt(0)
    .max(1)
    .nullable()
    .optional()
    .meta({ description: 'The share of the points at which it pauses, to be looked at; null: it goes on.' }),
});
export type TuneRequest = z.infer<typeof tuneBodySchema>;

export const completeBodySchema = z.strictObject({
  confirm: z.string().optional().meta({ description: 'The name of the old collection, which is deleted.' }),
  dropVector: z.string().optional().meta({ description: 'In place: the old vector that is dropped.' }),
});
export const cancelBodySchema = z.strictObject({
  dropVectors: z.array(z.string()).optional().meta({ description: 'In place: added vectors that are taken away again.' }),
});

/** `model` and `text` go together; without them the collection's own metadata says what makes the vector. */
export const backfillBodySchema = z.strictObject({
  collection: z.string().min(1).meta({ description: 'The collection, or an alias of it.' }),
  vector: z.string().min(1).meta({ description: 'The vector that points lack.' }),
  model: z.string().optional().meta({ description: "What makes it; default: what the collection's metadata says." }),
  text: z.string().optional().meta({ description: 'The template of the texts; given together with `model`.' }),
  dimensions: z.int().positive().optional().meta({ description: "How many dimensions are asked of the model; default: the model's own." }),
});
export type BackfillRequest = z.infer<typeof backfillBodySchema>;

/** A word of whoever takes work up: a migration of another fleet that has not given it up is left alone without. */
const takeOver = z.boolean().default(false).meta({
  description: 'Whether to take the migration over from a fleet that it belongs to still; that one stops working on it.',
});

export const adoptBodySchema = z.strictObject({
  target: z.string().min(1).meta({ description: 'The collection whose metadata tells of the migration.' }),
  takeOver,
  rebuildMetadata: z.boolean().default(false).meta({
    description: 'Whether to write the phase into the metadata anew, where it is damaged: only while no other fleet works on it.',
  }),
  again: z.boolean().default(false).meta({
    description:
      'Whether to take up again what was rolled back: a new migration into the target that was kept, which embeds only what is not stored.',
  }),
  overwrite: z.boolean().default(false).meta({
    description: 'With `again`: whether what was written to the target while it was live may be replaced by what the source has.',
  }),
});

/** In a query string. */
export const submitQuerySchema = z.object({
  takeOver: z
    .stringbool()
    .default(false)
    .meta(takeOver.meta() ?? {}),
});

export const discardBodySchema = z.strictObject({
  confirm: z.string().optional().meta({ description: 'The name of the target, which is deleted with the migration.' }),
});
/** `deleted`: the target, where it was; `forgotten`: whether anything of the migration was known. */
export const discardReplySchema = z.object({ id: z.string(), deleted: z.string().nullable(), forgotten: z.boolean() });
export type DiscardReply = z.infer<typeof discardReplySchema>;

/** Queries to ask both collections, each by its own search profile. */
export const compareBodySchema = z.strictObject({
  queries: z.array(z.string().min(1)).min(1).max(32).meta({ description: 'What people search for.' }),
  limit: z.int().min(1).max(100).default(10).meta({ description: 'How many hits of each side.' }),
});
const comparedHit = z.object({ id: pointIdSchema, score: z.number(), text: z.string() });
export const compareReplySchema = z.object({
  queries: z.array(z.object({ query: z.string(), old: z.array(comparedHit), new: z.array(comparedHit) })),
});
export type CompareReply = z.infer<typeof compareReplySchema>;

/** Which page of a list. */
export const pageQuerySchema = z.object({
  cursor: z.string().optional().meta({ description: 'The `next` of the page before; without it, the first page.' }),
  limit: z.coerce.number().int().min(1).max(1_000).default(100).meta({ description: 'How many at most.' }),
});

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
export type FailurePage = z.infer<typeof failurePageSchema>;
/** Points that one request may name. */
export const mostIds = 10_000;

/** Which failures. */
export const failureChoiceSchema = z
  .strictObject({
    ids: z.array(z.string()).min(1).max(mostIds).optional().meta({ description: 'Those of these points: digits or UUIDs.' }),
    code: z.string().optional().meta({ description: 'Those with this code.' }),
    all: z.literal(true).optional().meta({ description: 'All of them.' }),
  })
  .refine((choice) => Object.values(choice).filter((value) => value !== undefined).length === 1, 'wants exactly one of ids, code, all');
export type FailureChoice = z.infer<typeof failureChoiceSchema>;

export const lateWritePageSchema = z.object({
  lateWrites: z.array(z.object({ kind: findingKindSchema, id: pointIdSchema })),
  next: z.string().nullable(),
});
export const lateWriteWordSchema = z.strictObject({
  act: z.enum(['insert-missing', 'accept']).meta({ description: 'Whether the missing ones are inserted, or taken as they are.' }),
});
