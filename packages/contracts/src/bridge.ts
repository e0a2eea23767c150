import { z } from 'zod';

/** Code for one search over the bridge. `rest`: the request alone, whose two lists are put together as the code of the others does. */
export const bridgeCodeSchema = z.object({ python: z.string(), typescript: z.string(), rest: z.string() });
export type BridgeCode = z.infer<typeof bridgeCodeSchema>;

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
