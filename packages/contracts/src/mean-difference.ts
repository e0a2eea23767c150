import { z } from 'zod';

/** A difference of means with its 95 % interval. */
export const meanDifferenceSchema = z.object({ difference: z.number(), lower: z.number(), upper: z.number() });

/** A mean over queries on both sides, and the difference new - old with its interval. */
export const comparedSchema = z.object({ old: z.number(), new: z.number(), ...meanDifferenceSchema.shape });
export type Compared = z.infer<typeof comparedSchema>;

/** Sums of the same numbers in another order differ by so little. */
const noWidth = 1e-9;

/** Whether an interval says anything: where every draw of the bootstrap came to the same, as where all queries differ alike, none can be estimated. */
export function isEstimated({ lower, upper }: { readonly lower: number; readonly upper: number }): boolean {
  return upper - lower > noWidth;
}
