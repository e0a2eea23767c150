import { modelLimitsSchema, openAddress } from '@reembed/contracts';
import { z } from 'zod';

/** How one vector is made of the vectors of a text's tokens: their mean, that of the first, or that of the last. */
export const poolingSchema = z.enum(['mean', 'cls', 'last-token']);
export type Pooling = z.infer<typeof poolingSchema>;

/** What tokens are counted by: OpenAI's own encodings, or an estimate for models whose tokenizer is not at hand. */
const tokenizerSchema = z.enum(['cl100k_base', 'o200k_base', 'estimate']);
export type TokenizerName = z.infer<typeof tokenizerSchema>;

/** What may be said of a model, by a row of models.yaml and by an entry of reembed.config.yaml alike; what is left out is as its provider has it. */
export const modelFields = {
  dimensions: z.int().positive().optional().meta({ description: 'The full size of its vectors.' }),
  dimensionChoices: z
    .union([z.literal('any'), z.array(z.int().positive())])
    .optional()
    .meta({ description: 'Sizes it can give besides its own, or any up to it; default: none.' }),
  leastDimensions: z
    .int()
    .positive()
    .optional()
    .meta({ description: 'With `dimensionChoices: any`: the smallest size it gives; default: 1.' }),
  dimensionsField: z
    .string()
    .optional()
    .meta({ description: 'The field of the request that asks for another size, such as `output_dimension`; default: `dimensions`.' }),
  limits: modelLimitsSchema
    .partial()
    .optional()
    .meta({ description: 'What it takes in a request and in a minute; null: no limit, or none that is known.' }),
  tokenizer: tokenizerSchema.optional().meta({ description: 'What its tokens are counted by.' }),
  encodingFormat: z
    .enum(['float', 'base64', 'unsaid'])
    .optional()
    .meta({ description: 'How vectors are asked for; unsaid: the request does not say, for servers that refuse the field.' }),
  documentPrefix: z.string().optional().meta({ description: 'What the model wants before a document.' }),
  queryPrefix: z.string().optional().meta({ description: 'What the model wants before a query.' }),
  documentBody: z.record(z.string(), z.unknown()).optional().meta({ description: "Added to a request's body for documents." }),
  queryBody: z.record(z.string(), z.unknown()).optional().meta({ description: "Added to a request's body for queries." }),
  pricePerMillionTokensUsd: z.number().nonnegative().optional().meta({ description: 'US dollars for a million tokens.' }),
};

const accountLimits = modelLimitsSchema.pick({ requestsPerMinute: true, tokensPerMinute: true, inputsPerMinute: true }).partial();

/** What is said of a model for advice alone, and changes no request. */
export const adviceFields = {
  space: z
    .string()
    .optional()
    .meta({ description: "Models that name the same space find each other's documents: no text is embedded again between them." }),
  batchPricePerMillionTokensUsd: z
    .number()
    .nonnegative()
    .optional()
    .meta({ description: "The same on the vendor's batch road, which `embed.batch` takes where it is OpenAI's or Voyage's." }),
  accountLimits: z
    .strictObject({
      least: accountLimits.meta({ description: 'Of the smallest.' }),
      most: accountLimits.optional().meta({ description: 'Of the largest.' }),
    })
    .optional()
    .meta({ description: 'Rate limits of the smallest and of the largest account, for estimates and never for pacing.' }),
};

/** What a server is asked by, and how long. */
const connectionFields = {
  baseUrl: openAddress('name the variable with the key as apiKeyEnv')
    .optional()
    .meta({ description: "The server's address; default: the vendor's own." }),
  apiKeyEnv: z
    .string()
    .nullable()
    .optional()
    .meta({ description: 'The name of the environment variable that holds the key; null: the server wants none.' }),
  apiKeyFile: z
    .string()
    .optional()
    .meta({ description: 'A file that holds the key, read for each request: for keys that are renewed by somebody else.' }),
  apiKeyCommand: z
    .array(z.string())
    .min(1)
    .optional()
    .meta({ description: 'A program and its words that prints the key, run every five minutes, without a shell: for keys that expire.' }),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9-]+$/, 'is no name of a header'), z.string())
    .optional()
    .meta({ description: 'Headers by name, such as `api-key`: the name of the environment variable with the value.' }),
  query: z.record(z.string(), z.string()).optional().meta({ description: 'Parameters of the address, such as `api-version`.' }),
  requestTimeoutMs: z.int().positive().optional().meta({ description: 'How long one request may take, in ms.' }),
  longestWaitMs: z.int().positive().optional().meta({
    description: 'What is waited at most where the server says Retry-After, in ms, before it is asked again; default: ten minutes.',
  }),
};

const model = z
  .string()
  .optional()
  .meta({ description: "The model's name at the provider; default: what follows the first slash of the key." });

const is = z.string().optional().meta({
  description: 'The built-in model that stands behind a name which does not tell, such as `text-embedding-3-large` behind a deployment.',
});

/** Of an entry whose model a server runs; `encodingFormat` and `dimensionsField` are of OpenAI's interface alone. */
export const servedEntryFields = (({ encodingFormat: _, dimensionsField: __, ...fields }) => ({
  model,
  is,
  ...connectionFields,
  ...fields,
  ...adviceFields,
}))(modelFields);

/** Of an entry whose model runs in the worker. */
export const ownEntryFields = {
  model,
  limits: modelFields.limits,
  pricePerMillionTokensUsd: modelFields.pricePerMillionTokensUsd,
};

/** One entry of `models:` in reembed.config.yaml: what more than one provider knows, and by their names whatever a provider alone does, which it reads itself. */
export const modelEntrySchema = z.looseObject({ provider: z.string(), model, is, ...connectionFields, ...modelFields, ...adviceFields });
export type ModelEntry = z.infer<typeof modelEntrySchema>;
