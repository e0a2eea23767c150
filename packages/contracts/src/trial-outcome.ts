import { z } from 'zod';

export const trialVerdicts = ['worth it', 'not shown', 'worse'] as const;
export type TrialVerdict = (typeof trialVerdicts)[number];

/** What a trial found, as it is kept beside its vectors: by the name of each candidate. */
export const trialOutcomeSchema = z.object({
  /** How many points were tried. */
  points: z.int(),
  candidates: z.array(z.object({ name: z.string(), verdict: z.enum(trialVerdicts) })),
});
export type TrialOutcome = z.infer<typeof trialOutcomeSchema>;
