import { z } from 'zod';

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
});
export type EmbedRecipe = z.infer<typeof embedRecipe>;

const distance = z.enum(['Cosine', 'Dot', 'Euclid', 'Manhattan']);

/** One vector of the target: exactly one recipe, and what Qdrant should do with the result. */
const vectorSpec = z
  .strictObject({
    embed: embedRecipe.optional(),
    keep: z.string().optional(),
    bm25: z.record(z.string(), z.unknown()).optional(),
    truncate: z.record(z.string(), z.unknown()).optional(),
    project: z.record(z.string(), z.unknown()).optional(),
    distance: distance.optional(),
    settings: qdrantSettings.default({}),
  })
  .refine((v) => recipesOf(v).length === 1, { error: 'wants exactly one recipe: embed, keep, bm25, truncate or project' })
  .refine((v) => v.keep === undefined || v.distance === undefined, {
    path: ['distance'],
    error: 'a kept vector keeps its distance: leave it out',
  });
export type VectorSpec = z.infer<typeof vectorSpec>;

const searchProfile = z.strictObject({
  using: z.string().default(''),
  prefetch: z.array(z.unknown()).default([]),
  fusion: z.string().nullable().default(null),
  limit: z.int().positive().default(10),
  filter: qdrantSettings.nullable().default(null),
});

/** The spec of a migration: one schema for REST, CLI, docs and OpenAPI. Every field but the essential four has a default. */
export const specSchema = z
  .strictObject({
    name: z.string().min(1).max(128),
    source: z.strictObject({
      collection: collectionName,
      vectors: z.record(z.string(), z.strictObject({ model: z.string(), text: template })).default({}),
      filter: qdrantSettings.nullable().default(null),
      textFrom: z.strictObject({ url: z.url().nullable().default(null) }).prefault({}),
    }),
    target: z.strictObject({
      collection: collectionName,
      inPlace: z.boolean().default(false),
      alias: collectionName.nullable().default(null),
      payload: z
        .strictObject({
          include: z.array(z.string()).default([]),
          exclude: z.array(z.string()).default([]),
          rename: z.record(z.string(), z.string()).default({}),
        })
        .prefault({}),
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
        hashField: z.string().nullable().default(null),
      })
      .prefault({}),
    search: z.strictObject({ old: searchProfile.prefault({}), new: searchProfile.optional() }).prefault({}),
    gates: z
      .strictObject({
        minNdcgDelta: z.number().default(-0.02),
        queries: z.array(z.unknown()).default([]),
        qrels: z.array(z.unknown()).default([]),
      })
      .prefault({}),
    throttle: z
      .strictObject({
        pointsPerSecond: z.number().positive().nullable().default(null),
        maxSourceLatencyMs: z.number().positive().nullable().default(null),
      })
      .prefault({}),
    switch: z
      .strictObject({
        mode: z.enum(['manual', 'auto']).default('manual'),
        freeze: z.strictObject({ url: z.url().nullable().default(null), timeoutMs: z.int().positive().default(90_000) }).prefault({}),
      })
      .prefault({}),
    observe: z.strictObject({ reverseSync: z.boolean().default(false) }).prefault({}),
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
