import { z } from 'zod';

/** A difference of means with its 95 % interval. */
export const meanDifferenceSchema = z.object({ difference: z.number(), lower: z.number(), upper: z.number() });

/** A mean over queries on both sides, and the difference new - old with its interval. */
export const comparedSchema = z.object({ old: z.number(), new: z.number(), ...meanDifferenceSchema.shape });
export type Compared = z.infer<typeof comparedSchema>;
