import { z } from 'zod';
import { adapterFileSchema } from './adapter-file.ts';
import { payloadMappingSchema } from './payload-mapping.ts';
import { phaseSchema } from './phase.ts';
import { findingSchema } from './points.ts';
import { overrideSchema } from './report.ts';
import { specSchema } from './spec.ts';
import { type TrialOutcome, trialOutcomeSchema, trialVerdicts } from './trial-outcome.ts';
import { bm25OptionsSchema, saidOfModelSchema, saidOfModelsSchema, vectorSpecSchema } from './vector-spec.ts';

/**
 * What reembed writes into the metadata of a collection: a public format, described in docs/metadata.md.
 * PATCH replaces whole top-level keys, so each concern has a key of its own: `reembed`, `reembed.phase`, `reembed.owner`,
 * `reembed.decisions`, `reembed.requantize`, `reembed.drop`, `reembed.reverse`, `reembed.trial`.
 */
export const metadataKeys = {
  migration: 'reembed',
  phase: 'reembed.phase',
  owner: 'reembed.owner',
  decisions: 'reembed.decisions',
  requantize: 'reembed.requantize',
  drop: 'reembed.drop',
  reverse: 'reembed.reverse',
  trial: 'reembed.trial',
} as const;

/** What made a vector: enough to embed a query for it. `text` is the template the documents were rendered with. */
export const vectorOriginSchema = z.object({
  model: z.string(),
  /** 0: a sparse vector. */
  dimensions: z.int().nonnegative(),
  text: z.string(),
  /** What the spec said of the model then: queries want the same. */
  said: saidOfModelSchema.optional(),
  /** For `qdrant/bm25`: what documents were encoded with; queries want the same. */
  bm25: bm25OptionsSchema.optional(),
  /** Qdrant embeds with it, and wants queries as documents with the same options. */
  via: z.literal('qdrant').optional(),
  options: z.record(z.string(), z.unknown()).optional(),
  /** The model's vectors have this many dimensions, of which the first `dimensions` are kept, renormalised. */
  cutFrom: z.int().positive().optional(),
  /**
   * Where documents were mapped by an adapter instead of embedded: from the model `from` (null: not known) and its dimensions. Queries of
   * `model` want no map, those of `from` the same one; `queries` says by which of the two applications ask.
   */
  projected: z
    .object({
      from: z.string().nullable(),
      fromDimensions: z.int().positive(),
      adapter: z.string(),
      sha256: z.string(),
      queries: z.enum(['new', 'old']),
    })
    .optional(),
});
export type VectorOrigin = z.infer<typeof vectorOriginSchema>;

/** Embeddings of the fixed witness texts, to notice a model that changes behind its name. */
export const witnessSchema = z.object({
  model: z.string(),
  dimensions: z.int().positive(),
  /** One per witness text, or its beginning: little-endian f32, base64. */
  vectors: z.array(z.string()),
  /** Past how many tokens its texts were shortened, where `onLongText` says so; null: not known. Absent in what older versions wrote. */
  maxInputTokens: z.int().positive().nullable().optional(),
  /** How far apart the server's vectors of one text lay, as 1 less their cosine; absent: no more than any, or an older version did not look. */
  spread: z.number().min(0).max(1).optional(),
});
export type Witness = z.infer<typeof witnessSchema>;

/** How the server keeps the numbers of a vector; no distance: a sparse one. */
export const storedAsSchema = z.object({ distance: z.string().nullable(), datatype: z.string() });
export type StoredAs = z.infer<typeof storedAsSchema>;

/** A learned map that a migration is bound to. */
export const pinnedAdapterSchema = adapterFileSchema.pick({ sha256: true, from: true, to: true });

/** Which file of texts it is, whatever stands under its name later. `texts`: lines with an id. */
const pinnedTextFileSchema = z.object({ sha256: z.string(), texts: z.int().nonnegative() });
export type PinnedTextFile = z.infer<typeof pinnedTextFileSchema>;

/**
 * The target of an earlier migration, from which the copy takes vectors that are still right, and what shows of a point there which text its
 * vectors were made from: its payload, as it was mapped then, and the hash, where one was kept.
 */
export const earlierTargetSchema = z.object({
  migration: z.string(),
  collection: z.string(),
  /** The alias by which it is read; null: it was looked at for a plan alone. */
  alias: z.string().nullable(),
  /** By target vector name: the name that it has there. */
  vectors: z.record(z.string(), z.string()),
  payload: payloadMappingSchema,
  /** The field of its payloads that keeps the hash, and the templates that went into it, in their order. */
  hash: z.object({ field: z.string(), templates: z.array(z.string()) }).nullable(),
  /** Where it is a trial's: how many points that one tried, and what it found of the spec of this name; null: it tried none of this name. */
  trial: z.object({ points: z.int(), verdict: z.enum(trialVerdicts).nullable() }).optional(),
});
export type EarlierTarget = z.infer<typeof earlierTargetSchema>;

/**
 * How points of the target become points of the source again: what the recipes and the mapping of a migration are from new to old. Templates and
 * paths are of the target's payloads.
 */
const reverseSchema = z.object({
  /** By the names of the source, every one of its vectors. */
  vectors: z.record(z.string(), vectorSpecSchema),
  models: saidOfModelsSchema,
  payload: payloadMappingSchema,
  storedAs: z.record(z.string(), storedAsSchema),
});

/** What the plan resolved once: names never looked up again, and what has to be put back when the copy is done. */
export const resolvedSchema = z.object({
  /** The file of `source.textFrom.file` as the plan saw it; null without one. */
  textFile: pinnedTextFileSchema.nullable().default(null),
  /** The source collection's own name. */
  source: z.string(),
  /** Where the alias pointed when the migration was planned; null when it did not exist or none is wanted. */
  aliasBefore: z.string().nullable(),
  serverVersion: z.string(),
  /** Every vector of the source with its dimensions; null: a sparse one. Empty in the metadata of older migrations. */
  sourceVectors: z.record(z.string(), z.int().positive().nullable()).default({}),
  /** Those whose namesake in the target is made anew in the same space and size: what is asked of them today is found there too. */
  sameSpace: z.array(z.string()).default([]),
  /** Settings of the target that are held back while it is filled. */
  /** What the sampled values of `sync.changedField` are; null where there is none. */
  changedKind: z.enum(['number', 'datetime']).nullable().default(null),
  heldBack: z.object({ indexingThreshold: z.int().nullable(), strictMode: z.record(z.string(), z.unknown()).nullable() }),
  /** By target vector name. Absent in the metadata of older migrations, whose vectors all are f32 as sent. */
  /** In place: names of the vectors that the collection did not have before. */
  addedVectors: z.array(z.string()).default([]),
  storedAs: z.record(z.string(), storedAsSchema).default({}),
  /** By target vector name, for BM25 with `avgLen: measured`: the mean length of the sampled texts, in tokens that are kept. */
  avgLen: z.record(z.string(), z.number().positive()).default({}),
  /** By target vector name, for the vectors that a `project` recipe makes: which map it is, whatever its file holds later. */
  adapters: z.record(z.string(), pinnedAdapterSchema).default({}),
  /** Null where every vector is made anew. */
  earlier: earlierTargetSchema.nullable().default(null),
  /** Null where the spec asks for no reverse sync. */
  reverse: reverseSchema.nullable().default(null),
});
export type Resolved = z.infer<typeof resolvedSchema>;

/** Fields that specs had before there was anything behind them; what is kept may have them still, with nothing in them. */
const emptyFields = { throttle: ['maxSourceLatencyMs'] } as const;

/** A spec as any version kept it. */
export const keptSpecSchema = z.preprocess((kept) => {
  const spec: { readonly throttle?: unknown } = Object(kept);
  return spec.throttle === undefined ? spec : { ...spec, throttle: without(spec.throttle, emptyFields.throttle) };
}, specSchema);

function without(kept: unknown, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(Object(kept)).filter(([field]) => !fields.includes(field)));
}

const metadataFormat = 1;

export const migrationMetadataSchema = z.object({
  format: z.literal(metadataFormat),
  id: z.string(),
  spec: keptSpecSchema,
  /** SHA-256 of the labelled queries of `gates`, which are kept in `reembed.migrations`; null: there are none, or an older version kept them in the spec. */
  labels: z.string().nullable().default(null),
  resolved: resolvedSchema,
  /** By target vector name, for the vectors that workers have a model make. */
  witness: z.record(z.string(), witnessSchema),
  /** By source vector name, for those that reverse sync has embedded. */
  reverseWitness: z.record(z.string(), witnessSchema).default({}),
  /** By target vector name: what made it, where known. */
  vectors: z.record(z.string(), vectorOriginSchema),
  /** The fleet that works on it: random, kept in its Redis. */
  owner: z.string(),
  createdAt: z.iso.datetime(),
  /** By which rules of templates its first text was rendered; 1: those before the field was. */
  textRules: z.int().default(1),
});
export type MigrationMetadata = z.infer<typeof migrationMetadataSchema>;

/** Whose a collection is, as the record of any version says it. */
const claimSchema = z.object({ id: z.string(), resolved: z.object({ source: z.string().nullable().catch(null) }).catch({ source: null }) });

/** A collection that reembed did not make may say what made its vectors in the same place. */
const originMetadataSchema = z.object({ vectors: z.record(z.string(), vectorOriginSchema) });

export const phaseMetadataSchema = z.object({
  /** Grows by one with every phase; one that falls means two writers. */
  number: z.int().nonnegative(),
  phase: phaseSchema,
  /** Which fence the writes of this phase go through. */
  epoch: z.int().nonnegative(),
  /** Where a paused or failed migration goes on. */
  resumeTo: phaseSchema.nullable(),
  owner: z.string(),
  at: z.iso.datetime(),
  /** Writes that came late to the old collection and are not dealt with: it is not deleted while there are any. */
  lateWrites: z.array(findingSchema).default([]),
  /**
   * Set where others have used the target: through an alias that was moved by hand before the switch, or while the migration whose target this
   * one takes up was live.
   */
  seen: z.enum(['by-hand', 'taken-up']).optional(),
});
export type PhaseMetadata = z.infer<typeof phaseMetadataSchema>;

/** Who works on the migration, for people, and for whoever would take it over. */
export const ownerMetadataSchema = z.object({
  /** The fleet. Where `reembed.phase` names another one this is out of date: that one owns it. */
  id: z.string(),
  /** Machine and address of a coordinator of the fleet. */
  name: z.string(),
  /** The last sign of life; every 20 s or so while the migration is not at its end. */
  aliveAt: z.iso.datetime(),
  /** When the fleet ended in good order and gave the migration up; null while it has not. */
  releasedAt: z.iso.datetime().nullable(),
  /** The process, with its machine, that the whole fleet ends with, its Redis too; null for a fleet that stays. */
  endsWith: z.string().nullable().default(null),
});
export type OwnerMetadata = z.infer<typeof ownerMetadataSchema>;

/** `name` is null where the fleet has not said it yet; `aliveAt` is then what its last phase says. */
export const ownerSchema = ownerMetadataSchema.extend({ name: z.string().nullable() });
export type Owner = z.infer<typeof ownerSchema>;

/** What people decided, kept because it explains the result. */
export const decisionsMetadataSchema = z.object({
  approvals: z.array(z.object({ act: z.string(), by: z.string(), at: z.iso.datetime() })),
  /** Words against gates, with names and reasons. */
  overrides: z.array(overrideSchema).default([]),
});
export type DecisionsMetadata = z.infer<typeof decisionsMetadataSchema>;

/** The metadata of a collection: anything, by key. Undefined: there is no collection. */
type Metadata = Readonly<Record<string, unknown>> | undefined;

/** Which migration made the collection or fills it, and from which source (null: not said); null where none does. */
export function readClaim(metadata: Metadata): { readonly id: string; readonly source: string | null } | null {
  const claim = claimSchema.safeParse(metadata?.[metadataKeys.migration]);
  return claim.success ? { id: claim.data.id, source: claim.data.resolved.source } : null;
}

/** What the trial that left the collection found; null where it is none's, or that has not ended. */
export function readTrial(metadata: Metadata): TrialOutcome | null {
  return trialOutcomeSchema.safeParse(metadata?.[metadataKeys.trial]).data ?? null;
}

/** The whole record of the migration that made the collection or fills it; null where there is none that this version reads. */
export function readMigration(metadata: Metadata): MigrationMetadata | null {
  return migrationMetadataSchema.safeParse(metadata?.[metadataKeys.migration]).data ?? null;
}

/** The format of the record, where it is a later one than this version reads; null: it is not, or there is none. */
export function laterFormat(metadata: Metadata): number | null {
  const { format } = z.object({ format: z.int() }).safeParse(metadata?.[metadataKeys.migration]).data ?? { format: 0 };
  return format > metadataFormat ? format : null;
}

/** What made the collection's vectors, by name; empty where nobody says. */
export function readOrigins(metadata: Metadata): Readonly<Record<string, VectorOrigin>> {
  return originMetadataSchema.safeParse(metadata?.[metadataKeys.migration]).data?.vectors ?? {};
}

/** The phase of the collection's migration; null where there is none. */
export function readPhase(metadata: Metadata): PhaseMetadata | null {
  return phaseMetadataSchema.safeParse(metadata?.[metadataKeys.phase]).data ?? null;
}

/** The fleet that the collection's migration belongs to, as its phase says it; null where there is none. */
export function readOwner(metadata: Metadata): Owner | null {
  const phase = readPhase(metadata);
  const migration = phase === null ? readMigration(metadata) : null;
  const id = phase?.owner ?? migration?.owner;
  const at = phase?.at ?? migration?.createdAt;
  if (id === undefined || at === undefined) return null;
  const said = ownerMetadataSchema.safeParse(metadata?.[metadataKeys.owner]).data;
  return said?.id === id ? said : { id, name: null, aliveAt: at, releasedAt: null, endsWith: null };
}

/** On a collection that is about to be deleted: the migration that decided so. What does not carry it is another collection by that name. */
const dropMarkSchema = z.object({ by: z.string(), at: z.iso.datetime() });
export type DropMark = z.infer<typeof dropMarkSchema>;

/** On the old collection, once it has been switched away from: the migration that keeps it fresh. What does not carry it is another collection by that name. */
const reverseMarkSchema = z.object({ by: z.string(), at: z.iso.datetime() });
export type ReverseMark = z.infer<typeof reverseMarkSchema>;

/** Which migration may keep the collection fresh; null: none. */
export function readReverseMark(metadata: Metadata): ReverseMark | null {
  return reverseMarkSchema.safeParse(metadata?.[metadataKeys.reverse]).data ?? null;
}

/** Which migration is about to delete the collection; null: none. */
export function readDropMark(metadata: Metadata): DropMark | null {
  return dropMarkSchema.safeParse(metadata?.[metadataKeys.drop]).data ?? null;
}

/** What people decided about the collection's migration. */
export function readDecisions(metadata: Metadata): DecisionsMetadata {
  return decisionsMetadataSchema.safeParse(metadata?.[metadataKeys.decisions]).data ?? { approvals: [], overrides: [] };
}
