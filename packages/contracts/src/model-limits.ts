import { z } from 'zod';

const most = z.int().positive();

/** What a provider allows in one request and in one minute; null: not limited, or not known. */
export const modelLimitsSchema = z.strictObject({
  maxInputs: most.meta({ description: 'Texts in a request.' }),
  maxInputTokens: most.nullable().meta({ description: 'Tokens in a text.' }),
  maxRequestTokens: most.nullable().meta({ description: 'Tokens in a request, summed.' }),
  requestsPerMinute: most.nullable().meta({ description: 'Requests in a minute, of the whole fleet.' }),
  tokensPerMinute: most.nullable().meta({ description: 'Tokens in a minute, likewise.' }),
  inputsPerMinute: most.nullable().meta({ description: 'Texts in a minute, likewise.' }),
});
export type ModelLimits = z.infer<typeof modelLimitsSchema>;
