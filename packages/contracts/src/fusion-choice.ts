import { z } from 'zod';
import { meanDifferenceSchema } from './mean-difference.ts';

/** One way to ask the target: a candidate list alone, or all of them fused. Exact. */
export const fusionWaySchema = z.object({
  name: z.string(),
  /** Mean over the queries. */
  ndcg: z.number(),
  /** nDCG@10 of this less that of what applications will ask, with its 95 % interval; null for that one. */
  gains: meanDifferenceSchema.nullable(),
  /** What `search.new` is then, as a spec says it. */
  search: z.record(z.string(), z.unknown()),
});
export type FusionWay = z.infer<typeof fusionWaySchema>;

/** Which way to fuse candidate lists finds most, among many that were tried over the same lists. */
export const fusionChoiceSchema = z.object({
  /** `known-items`: queries in the words of their own documents, which favours words; nothing is advised by them. */
  basis: z.enum(['labels', 'known-items']),
  queries: z.int(),
  /** Queries about different documents. */
  independent: z.int(),
  /** How many ways were tried. */
  tried: z.int(),
  /** Each list alone, fusing as the server does by itself, by the distribution of scores, as applications will ask, and the best. */
  ways: z.array(fusionWaySchema),
  /** By the name of a way. */
  asked: z.string(),
  best: z.string(),
  /**
   * What choosing gains over what applications will ask, on queries that had no part in the choice: five times the best by four fifths of them,
   * measured on the rest. The best of many looks better than it is on the queries that chose it.
   */
  heldOut: meanDifferenceSchema,
  /** Whether `best` goes into the spec: surely better on queries that did not choose it, and enough of them. */
  advised: z.boolean(),
});
export type FusionChoice = z.infer<typeof fusionChoiceSchema>;
