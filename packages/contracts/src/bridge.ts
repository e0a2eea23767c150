import { z } from 'zod';
import { meanDifferenceSchema } from './mean-difference.ts';

/** Code for one search over the bridge. `rest`: the request alone, whose two lists are put together as the code of the others does. */
export const bridgeCodeSchema = z.object({ python: z.string(), typescript: z.string(), rest: z.string() });
export type BridgeCode = z.infer<typeof bridgeCodeSchema>;

/** What labelled queries and known items found while so many points had the new vector; `step`: the share of the walk at which it was measured. */
export const bridgePointSchema = z.object({
  step: z.number(),
  at: z.iso.datetime(),
  filled: z.int(),
  points: z.int(),
  /** Labelled queries and known items. */
  queries: z.int(),
  /** Mean nDCG@10; `alone`: by the new vector without the bridge. Null where it could not be measured. */
  ndcg: z.object({ old: z.number(), bridge: z.number(), alone: z.number() }).nullable(),
  /** nDCG@10 over the bridge less that of the old vector, with its 95 % interval. */
  gain: meanDifferenceSchema.nullable(),
  /** Why it could not be measured. */
  failed: z.string().nullable(),
});
export type BridgePoint = z.infer<typeof bridgePointSchema>;

/** How applications may ask a vector that is still being filled in. */
export const bridgeViewSchema = z.object({
  /** The vector that finds candidates, the one that ranks them, and how many there are. */
  old: z.string(),
  fresh: z.string(),
  candidates: z.int(),
  /** In words. */
  says: z.string(),
  /** Null where it is not known what embeds a query for the new vector. */
  code: bridgeCodeSchema.nullable(),
});
export type BridgeView = z.infer<typeof bridgeViewSchema>;
