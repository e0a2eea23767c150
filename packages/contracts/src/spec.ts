import { z } from 'zod';
import { fileNameSchema } from './adapter-file.ts';
import { openAddress } from './address.ts';
import { canonicalJson, parseExactJson } from './exact-json.ts';
import { checkJudgements, labelledQuerySchema, mostQrels, mostQueries, qrelSchema } from './labelled-queries.ts';
import { payloadMappingSchema } from './payload-mapping.ts';
import { isPlainKey } from './payload-path.ts';

/** Free-form configuration that Qdrant itself judges: passed on as it came. */
const qdrantSettings = z.record(z.string(), z.unknown());
const collectionName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^<>:"/\\|?*\0]+$/, 'has a character that Qdrant does not allow in names');
const template = z
  .string()
  .min(1)
  .refine((text) => /\{\{\s*[^{}\s]+\s*\}\}/.test(text), 'names no payload field: write it as {{field}}');

const embedRecipe = z.strictObject({
  model: z.string().regex(/^[^/\s]+\/.+$/, 'wants provider/name, such as openai/text-embedding-3-small'),
  via: z.enum(['worker', 'qdrant']).default('worker'),
  dimensions: z.int().positive().max(65_536).optional(),
  text: template,
  onMissingText: z.enum(['quarantine', 'keep-without-vector', 'fail']).default('quarantine'),
  onLongText: z.enum(['quarantine', 'truncate', 'split-mean']).default('quarantine'),
  /** `via: qdrant`: parameters of the model, passed on with every document. */
  options: qdrantSettings.default({}),
});
export type EmbedRecipe = z.infer<typeof embedRecipe>;

/** A sparse vector of the rendered text. `server`: Qdrant encodes it with `qdrant/bm25`; `local`: reembed does, into the same token ids and weights. */
const bm25Recipe = z.strictObject({
  text: template,
  language: z.string().default('english'),
  encoder: z.enum(['server', 'local']).default('local'),
  /** Mean length of a text in tokens that are kept; `measured` takes it from a sample of the source. */
  avgLen: z.union([z.literal('measured'), z.number().positive()]).default('measured'),
  k: z.number().positive().default(1.2),
  b: z.number().min(0).max(1).default(0.75),
  stemmer: z.boolean().default(true),
  /** Words left out instead of the language's own; null: the language's. */
  stopWords: z.array(z.string()).nullable().default(null),
});
export type Bm25Recipe = z.infer<typeof bm25Recipe>;

/** What decides the tokens and weights of a text; `avgLen` in tokens that are kept. */
export const bm25OptionsSchema = bm25Recipe
  .pick({ language: true, stemmer: true, stopWords: true, k: true, b: true })
  .extend({ avgLen: z.number().positive() });
export type Bm25Options = z.infer<typeof bm25OptionsSchema>;

/** The first `dimensions` of a source vector, renormalised. `force`: also where the model is not known to be a Matryoshka one. */
const truncateRecipe = z.strictObject({
  vector: z.string(),
  dimensions: z.int().positive().max(65_536),
  force: z.boolean().default(false),
});
export type TruncateRecipe = z.infer<typeof truncateRecipe>;

/** A source vector through a learned map: a file in the directory that REEMBED_FILES names, by its name there. */
const projectRecipe = z.strictObject({
  vector: z.string(),
  adapter: fileNameSchema,
  /** Which model embeds the queries of applications: the new one, as they are, or the old one, and they go through the same map. */
  queries: z.enum(['new', 'old']).default('new'),
});
export type ProjectRecipe = z.infer<typeof projectRecipe>;

const distance = z.enum(['Cosine', 'Dot', 'Euclid', 'Manhattan']);

/** One vector of the target: exactly one recipe, and what Qdrant should do with the result. */
const vectorSpec = z
  .strictObject({
    embed: embedRecipe.optional(),
    keep: z.string().optional(),
    bm25: bm25Recipe.optional(),
    truncate: truncateRecipe.optional(),
    project: projectRecipe.optional(),
    distance: distance.optional(),
    settings: qdrantSettings.default({}),
  })
  .refine((v) => recipesOf(v).length === 1, { error: 'wants exactly one recipe: embed, keep, bm25, truncate or project' })
  .refine((v) => v.keep === undefined || v.distance === undefined, {
    path: ['distance'],
    error: 'a kept vector keeps its distance: leave it out',
  });
export type VectorSpec = z.infer<typeof vectorSpec>;

/**
 * A filter in Qdrant's own words, kept as canonical JSON text: in it ids and numbers past 2^53 survive Redis, metadata and every process.
 * Given as an object, or as such a text.
 */
const filterText = z
  .union([z.record(z.string(), z.unknown()), z.string().transform(readFilterText)], {
    error: 'wants a Qdrant filter, such as {must: [{key: lang, match: {value: de}}]}',
  })
  .transform(canonicalJson);

function readFilterText(text: string, context: z.RefinementCtx): unknown {
  try {
    const value = parseExactJson(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below: no JSON is no filter either.
  }
  context.issues.push({ code: 'custom', message: 'is not the JSON text of a Qdrant filter', input: text });
  return z.NEVER;
}

/** One list of candidates: the vector that is asked, with the query embedded by the model that made it. */
const candidateSearch = z.strictObject({
  using: z.string().default(''),
  limit: z.int().positive().max(10_000).default(50),
  filter: filterText.nullable().default(null),
});

/**
 * How applications query a collection. Without prefetch one vector is asked. With prefetch the candidate lists are fused by `fusion`, or,
 * where that is null, ranked anew by the vector `using`.
 */
const searchProfile = z
  .strictObject({
    using: z.string().default(''),
    prefetch: z.array(candidateSearch).default([]),
    fusion: z.enum(['rrf', 'dbsf']).nullable().default(null),
    limit: z.int().positive().max(1_000).default(10),
    filter: filterText.nullable().default(null),
  })
  .refine((profile) => profile.fusion === null || profile.prefetch.length > 1, {
    path: ['fusion'],
    error: 'fuses candidate lists: name at least two in prefetch',
  });
export type SearchProfile = z.infer<typeof searchProfile>;

const textFrom = z
  .strictObject({
    url: openAddress('the spec is kept and shown; name the key under textSources in reembed.config.yaml').nullable().default(null),
    file: fileNameSchema.nullable().default(null),
  })
  .refine(({ url, file }) => url === null || file === null, 'wants a url or a file, not both');

/** The spec of a migration: one schema for REST, CLI, docs and OpenAPI. Every field but the essential four has a default. */
export const specSchema = z
  .strictObject({
    name: z.string().min(1).max(128),
    source: z.strictObject({
      collection: collectionName,
      vectors: z.record(z.string(), z.strictObject({ model: z.string(), text: template })).default({}),
      filter: filterText.nullable().default(null),
      /** Where the texts are that the payload has not: a service that is posted ids, or a JSONL file in the directory that REEMBED_FILES names. */
      textFrom: textFrom.prefault({}),
    }),
    target: z.strictObject({
      collection: collectionName,
      inPlace: z.boolean().default(false),
      alias: collectionName.nullable().default(null),
      payload: payloadMappingSchema.prefault({}),
      settings: qdrantSettings.default({}),
    }),
    vectors: z.record(z.string(), vectorSpec).refine((v) => Object.keys(v).length > 0, 'wants at least one vector'),
    copy: z
      .strictObject({
        rangePoints: z.int().min(1).max(1_000_000).default(2_000),
        pagePoints: z.int().min(1).max(1_000).default(256),
        streams: z.int().min(1).max(64).default(4),
      })
      .prefault({}),
    sync: z
      .strictObject({
        changedField: z.string().nullable().default(null),
        maxDeleteShare: z.number().min(0).max(1).default(0.01),
        maxPasses: z.int().positive().default(10),
        /** Field of the target's payload that keeps a SHA-256 of the texts its vectors were made from. */
        hashField: z
          .string()
          .refine(isPlainKey, 'is not the name of a payload field: use letters, digits, _ and -')
          .nullable()
          .default(null),
      })
      .prefault({}),
    search: z.strictObject({ old: searchProfile.prefault({}), new: searchProfile.optional() }).prefault({}),
    gates: z
      .strictObject({
        minNdcgDelta: z.number().default(-0.02),
        /** Labelled where `qrels` judge them, else only compared. Files (BEIR's JSONL and TSV, or CSV) are read by the CLI and sent along. */
        queries: z.array(labelledQuerySchema).max(mostQueries).default([]),
        qrels: z.array(qrelSchema).max(mostQrels).default([]),
        /** The payload field that holds the document's id in `qrels`; null: the point's id. Points that share one count as one document. */
        documentField: z.string().nullable().default(null),
        /** Queries made from the points themselves: each should find the point it was made of. Null: none. */
        knownItems: z
          .strictObject({ text: template, points: z.int().min(1).max(2_000).default(200) })
          .nullable()
          .default(null),
        /** Points embedded again and compared with what is stored. */
        sampledPoints: z.int().min(0).max(1_000).default(50),
      })
      .superRefine(checkJudgements)
      .prefault({}),
    switch: z
      .strictObject({
        mode: z.enum(['manual', 'auto']).default('manual'),
        freeze: z
          .strictObject({
            url: openAddress('the spec is kept and shown; let the hook listen where only coordinators reach it').nullable().default(null),
            timeoutMs: z.int().positive().default(90_000),
          })
          .prefault({}),
      })
      .prefault({}),
  })
  .refine((s) => s.target.alias !== s.target.collection, {
    path: ['target', 'alias'],
    error: 'is the target itself: an alias needs a name of its own',
  });

export type Spec = z.infer<typeof specSchema>;
export type SpecInput = z.input<typeof specSchema>;

export const recipeNames = ['embed', 'keep', 'bm25', 'truncate', 'project'] as const;
export type RecipeName = (typeof recipeNames)[number];

/** The recipes a vector names; a valid one names one. */
export function recipesOf(vector: Partial<Record<RecipeName, unknown>>): RecipeName[] {
  return recipeNames.filter((name) => vector[name] !== undefined);
}
