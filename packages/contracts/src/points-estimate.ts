import { z } from 'zod';
import { timeRangeSchema } from './plan.ts';

/** What nobody has yet: so many points, to be priced and timed. */
export const estimateBodySchema = z.strictObject({
  points: z.int().positive().max(1e12).meta({ description: 'How many points.' }),
  meanChars: z.number().positive().max(1e7).meta({ description: 'How many characters a text has, in the mean.' }),
  models: z.array(z.string().min(1)).min(1).max(20).meta({ description: 'The models that are compared, as `provider/name`.' }),
  dimensions: z.int().positive().max(65_536).optional().meta({ description: "Of the new vectors; default: each model's own." }),
  language: z.string().default('english').meta({ description: 'The language of the texts, by its English name.' }),
});
export type EstimateRequest = z.infer<typeof estimateBodySchema>;

const footprintSchema = z.object({ diskBytes: z.number(), memoryBytes: z.number() });

const modelEstimateSchema = z.object({
  model: z.string(),
  dimensions: z.int(),
  /** Of a text, in the mean; by the model's own tokenizer (`exact`) or an upper estimate. */
  tokensAText: z.number(),
  tokenCount: z.enum(['exact', 'estimate']),
  tokens: z.number(),
  /** List prices of the model's catalogue entry; null: not known. */
  priceUsd: z.object({ sync: z.number().nullable(), batch: z.number().nullable() }),
  /** Embedding and copying go on together: the longer of both. */
  time: timeRangeSchema,
  workers: z.string(),
  /** The new collection alone; and with the old one, taken to be as large, while both are there. */
  qdrant: z.object({
    alone: footprintSchema,
    both: footprintSchema,
    /** The new one with int8 copies in memory and the originals on disk. */
    int8: footprintSchema,
  }),
  /** What to look at: texts longer than the model reads, figures that are not known. */
  notes: z.array(z.string()),
  asOf: z.string().nullable(),
  source: z.string().nullable(),
});

/** Without a collection: what so many points would take. */
export const pointsEstimateSchema = z.object({
  points: z.number(),
  meanChars: z.number(),
  language: z.string(),
  models: z.array(modelEstimateSchema),
  redisBytes: z.number(),
  /** How the numbers come about, one sentence each. */
  assumes: z.array(z.string()),
});
export type PointsEstimate = z.infer<typeof pointsEstimateSchema>;
