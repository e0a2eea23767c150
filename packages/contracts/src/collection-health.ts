import { z } from 'zod';
import { pointIdSchema } from './points.ts';

/** What can be wrong with the vectors and texts of a collection. */
export const symptoms = [
  'other-model',
  'unlike-model',
  'two-groups',
  'vector-zero',
  'vector-not-finite',
  'mixed-norms',
  'same-vector',
  'same-text',
  'same-text-other-vector',
  'vector-missing',
  'text-missing',
  'undeclared',
  'not-checked',
  'no-alias',
] as const;
export const symptomSchema = z.enum(symptoms);
export type Symptom = z.infer<typeof symptomSchema>;

/** `alarm`: searches find less than they should, or something wrong; else it is worth knowing. `of`: the points that were looked at for it. */
export const symptomFoundSchema = z.object({
  symptom: symptomSchema,
  alarm: z.boolean(),
  /** Null: it is about points, or the collection. */
  vector: z.string().nullable(),
  count: z.int(),
  of: z.int(),
  /** Of the first few. */
  ids: z.array(pointIdSchema),
  message: z.string(),
});
export type SymptomFound = z.infer<typeof symptomFoundSchema>;

/** What `reembed doctor <collection>` answers. */
export const collectionHealthSchema = z.object({
  collection: z.string(),
  points: z.int(),
  /** Points that were read, and texts that were embedded. */
  sampled: z.int(),
  embedded: z.int(),
  aliases: z.array(z.string()),
  vectors: z.array(z.object({ name: z.string(), size: z.int(), model: z.string().nullable() })),
  found: z.array(symptomFoundSchema),
});
export type CollectionHealth = z.infer<typeof collectionHealthSchema>;
