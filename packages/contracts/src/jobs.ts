import { z } from 'zod';
import { pointIdSchema } from './points.ts';
import { saidOfModelSchema } from './vector-spec.ts';

/**
 * What a walk over the ranges does. `copy`: fill the target; `sync`: make the target follow the source; `verify`: compare both sides
 * without writing, and keep a hash of every source range; `look-back`: read the source ranges once more after the switch, and compare
 * those whose hash has changed. `insert-late`: insert what the look back listed as missing. `backfill`: give points of a live collection the
 * vectors they lack; `hot`: the same for the most retrieved of them, before all others. `reverse-…`: the same from new to old, after the switch.
 */
export const passKindSchema = z.enum([
  ...(['copy', 'sync', 'verify', 'look-back', 'insert-late', 'backfill', 'hot'] as const),
  ...(['reverse-sync', 'reverse-verify', 'reverse-look-back'] as const),
]);
export type PassKind = z.infer<typeof passKindSchema>;

/** One stage of one migration; the phase number makes a job that came too late recognisable. */
export const stageJobSchema = z.strictObject({ migrationId: z.string(), phaseNumber: z.int().nonnegative() });
export type StageJob = z.infer<typeof stageJobSchema>;

/** One range of one pass. Its bounds and its checkpoint are in the range store, not in the job. */
export const rangeJobSchema = z.strictObject({ migrationId: z.string(), pass: z.int().nonnegative(), seq: z.int().nonnegative() });
export type RangeJob = z.infer<typeof rangeJobSchema>;

const modelCall = {
  callId: z.string(),
  model: z.string(),
  dimensions: z.int().positive().nullable(),
  /** What the spec says of the model. */
  said: saidOfModelSchema.optional(),
};

/** Embeds the witness texts, which are constants and not data. */
const witnessCallSchema = z.strictObject({ ...modelCall, call: z.literal('witness') });

/** Texts of one call: a job stays small, and so does what is done again when a worker dies. */
export const maxTextsPerCall = 64;

/** Embeds texts as a copy would (`document`, with the recipe's word on long texts), as an application that searches (`query`), or without a prefix (`plain`). */
const embedCallSchema = z.strictObject({
  ...modelCall,
  call: z.literal('embed'),
  kind: z.enum(['document', 'query', 'plain']),
  onLongText: z.enum(['quarantine', 'truncate', 'split-mean']),
  /** Whether the answer may be that each text is refused; else that is an error, for then it is not the texts. */
  mayRefuseAll: z.boolean().optional(),
  texts: z.array(z.string()).min(1).max(maxTextsPerCall),
});
export type EmbedCall = z.infer<typeof embedCallSchema>;

/** Ends what a migration has at the provider's batch road, and deletes its files there. `since`: when it began, in ms since 1970. */
const endBatchesCallSchema = z.strictObject({ ...modelCall, call: z.literal('end-batches'), owner: z.string(), since: z.number() });

/** A model call of a stage, served by workers because only they hold provider keys. */
export const modelCallJobSchema = z.discriminatedUnion('call', [witnessCallSchema, embedCallSchema, endBatchesCallSchema]);
export type ModelCallJob = z.infer<typeof modelCallJobSchema>;

/** What is queued, by its kind. */
export const jobSchemas = { stage: stageJobSchema, range: rangeJobSchema, call: modelCallJobSchema };
export type JobKind = keyof typeof jobSchemas;
export type JobOf<Kind extends JobKind> = z.infer<(typeof jobSchemas)[Kind]>;

/** A job whose data is sealed but for what an answer goes by. */
export const sealedJobSchema = z.strictObject({ callId: z.string(), sealed: z.string() });
export type SealedJob = z.infer<typeof sealedJobSchema>;

/** The last that this process reads; grows with every change of a job after which a process that knows only the format before would do something wrong. */
export const jobFormat = 2;
/** Of jobs whose data stands open, and of those that are sealed. */
export type JobFormat = 1 | 2;

/** Kind and format stand in the name: processes of versions before read the data alone, and refuse a field that they do not know. */
export function jobName(kind: JobKind, format: JobFormat = 1): string {
  return `${kind}@${format}`;
}

/** What a name says. Those of versions before formats were are of the first. */
export function readJobName(name: string): { readonly kind: string; readonly format: number } {
  const [, kind = name, format = '1'] = /^(.*)@([1-9]\d{0,8})$/s.exec(name) ?? [];
  return { kind, format: Number(format) };
}

/** A job that nobody can work on, taken out of its queue. `data`: how it begins. */
export const deadLetterSchema = z.object({
  queue: z.string(),
  job: z.string(),
  name: z.string(),
  reason: z.string(),
  data: z.string(),
  at: z.iso.datetime(),
});
export type DeadLetter = z.infer<typeof deadLetterSchema>;
export const deadLettersSchema = z.object({ deadLetters: z.array(deadLetterSchema) });

/** A half-open piece of the id space along the scroll order: `start` inclusive (null: from the first), `end` exclusive (null: no end). */
export const rangeSchema = z.strictObject({ seq: z.int().nonnegative(), start: pointIdSchema.nullable(), end: pointIdSchema.nullable() });
export type Range = z.infer<typeof rangeSchema>;
