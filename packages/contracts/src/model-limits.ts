import { z } from 'zod';

/** What a provider allows in one request and in one minute; null: not limited, or not known. */
export const modelLimitsSchema = z.strictObject({
  /** Texts a request. */
  maxInputs: z.int().positive(),
  /** Tokens a text. */
  maxInputTokens: z.int().positive().nullable(),
  /** Tokens a request, summed. */
  maxRequestTokens: z.int().positive().nullable(),
  requestsPerMinute: z.int().positive().nullable(),
  tokensPerMinute: z.int().positive().nullable(),
  inputsPerMinute: z.int().positive().nullable(),
});
export type ModelLimits = z.infer<typeof modelLimitsSchema>;
