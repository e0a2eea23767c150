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

/** How one vector is made of the vectors of a text's tokens: their mean, that of the first, or that of the last. */
const pooling = z.enum(['mean', 'cls', 'last-token']);

/** Files of a model are in the directory of REEMBED_MODELS, or below any other folder that this machine's configuration names. */
const onnxFields = {
  /** A folder with the model's files, below the directory of REEMBED_MODELS; default: `model` is downloaded from the hub. */
  folder: z.string().min(1).optional(),
  /** The hub's branch, tag or commit; only a commit never moves. Default: main. */
  revision: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'is a branch, tag or commit: letters, digits, . _ -')
    .optional(),
  /** Which of the model's files is run: `onnx/model.onnx`, `model_fp16.onnx` or `model_quantized.onnx`. Default: fp32. */
  dtype: z.enum(['fp32', 'fp16', 'q8']).optional(),
  /** Default: as built in, or as the folder's 1_Pooling/config.json says. A graph that pools by itself wants none. */
  pooling: pooling.optional(),
  /** Whether vectors are brought to length 1; default: yes. */
  normalise: z.boolean().optional(),
  /** Threads that one run of the model computes with; default: 1, one core. */
  threads: z.int().positive().max(256).optional(),
};

/** One entry of `models:` in reembed.config.yaml. Its key is the name that specs use, such as `openai/text-embedding-3-small` or `tei/bge-m3`. */
const modelFields = z.strictObject({
  provider: z.enum(['openai', 'cohere', 'local', 'hash', 'transformers']),
  /** The model's name at the provider; default: what follows the first slash of the key. */
  model: z.string().optional(),
  baseUrl: z.url().optional(),
  /** The *name* of the environment variable that holds the key; null: the server wants none. */
  apiKeyEnv: z.string().nullable().optional(),
  dimensions: z.int().positive().optional(),
  /** `any` up to the full size, or the sizes the model can be cut to; default: none but its own. */
  dimensionChoices: z.union([z.literal('any'), z.array(z.int().positive())]).optional(),
  encodingFormat: z.enum(['float', 'base64']).optional(),
  documentPrefix: z.string().optional(),
  queryPrefix: z.string().optional(),
  /** Added to the request's body, for documents and for queries. */
  documentBody: z.record(z.string(), z.unknown()).optional(),
  queryBody: z.record(z.string(), z.unknown()).optional(),
  tokenizer: z.enum(['cl100k_base', 'o200k_base', 'estimate']).optional(),
  limits: modelLimitsSchema.partial().optional(),
  /** US dollars for a million tokens. */
  pricePerMillionTokensUsd: z.number().nonnegative().optional(),
  /** How long one request may take, in ms. */
  requestTimeoutMs: z.int().positive().optional(),
  ...onnxFields,
});

/** Fields that only mean something to some providers are refused elsewhere, so that nobody relies on what is not done. */
export const modelConfigSchema = modelFields.superRefine((entry, issues) => {
  const isOnnx = entry.provider === 'transformers';
  const foreign = isOnnx ? (['baseUrl', 'apiKeyEnv', 'tokenizer'] as const) : (Object.keys(onnxFields) as (keyof typeof onnxFields)[]);
  for (const field of foreign) {
    if (entry[field] === undefined) continue;
    issues.addIssue({
      code: 'custom',
      path: [field],
      message: `is ${isOnnx ? 'not ' : ''}for the provider transformers${isOnnx ? '' : ' only'}`,
    });
  }
  if (entry.folder !== undefined && entry.revision !== undefined)
    issues.addIssue({ code: 'custom', path: ['revision'], message: 'is of the hub; the files of a folder are what they are' });
});
export type ModelConfig = z.infer<typeof modelConfigSchema>;
export type Pooling = z.infer<typeof pooling>;

/** One entry of `textSources:` in reembed.config.yaml: how the service at `source.textFrom.url` is asked. */
export const textSourceConfigSchema = z.strictObject({
  /** As specs write it. */
  url: z.url({ protocol: /^https?$/ }),
  /** The *name* of the environment variable that holds the key; null: the service wants none. */
  apiKeyEnv: z.string().nullable().default(null),
  /** The header that carries the key as it is; null: `Authorization: Bearer <key>`. */
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, 'is not the name of a header')
    .nullable()
    .default(null),
  /** How long one request may take, in ms. */
  requestTimeoutMs: z.int().positive().default(30_000),
});
export type TextSourceConfig = z.infer<typeof textSourceConfigSchema>;

/** reembed.config.yaml. Secrets never stand in it, only the names of the environment variables that hold them. */
export const reembedConfigSchema = z.strictObject({
  models: z.record(z.string(), modelConfigSchema).default({}),
  inference: z
    .strictObject({
      /** Headers that go to Qdrant with documents it embeds, such as `openai-api-key`: by name, the *name* of the variable with the value. */
      headers: z.record(z.string().regex(/^[A-Za-z0-9-]+$/, 'is no name of a header'), z.string()).default({}),
    })
    .optional(),
  textSources: z.array(textSourceConfigSchema).optional(),
});
export type ReembedConfig = z.infer<typeof reembedConfigSchema>;

const accountLimits = modelLimitsSchema.pick({ requestsPerMinute: true, tokensPerMinute: true, inputsPerMinute: true }).partial();

/** One row of models.yaml, what is built in about models. What is left out takes the provider's default. */
export const builtInModelSchema = z.strictObject({
  dimensions: z.int().positive(),
  /** Other sizes it can be asked for; default: none. */
  dimensionChoices: z.union([z.literal('any'), z.array(z.int().positive())]).optional(),
  /** Models that name the same space embed into it together: documents of one are found by queries of another. */
  space: z.string().optional(),
  limits: modelLimitsSchema.partial().optional(),
  /** What hangs on the account: rate limits of the smallest and of the largest, for estimates and never for pacing. */
  accountLimits: z.strictObject({ least: accountLimits, most: accountLimits.optional() }).optional(),
  tokenizer: z.enum(['cl100k_base', 'o200k_base', 'estimate', 'use-lite']).optional(),
  encodingFormat: z.enum(['float', 'base64']).optional(),
  documentPrefix: z.string().optional(),
  queryPrefix: z.string().optional(),
  documentBody: z.record(z.string(), z.unknown()).optional(),
  queryBody: z.record(z.string(), z.unknown()).optional(),
  /** How its ONNX export is pooled; absent: not known, or it pools by itself. */
  pooling: pooling.optional(),
  /** List price in US dollars for a million tokens, one call after another; absent: no public one. */
  pricePerMillionTokensUsd: z.number().nonnegative().optional(),
  /** The same on the vendor's batch road. */
  batchPricePerMillionTokensUsd: z.number().nonnegative().optional(),
  /** As measured, for a model that runs in the worker. */
  tokensPerSecondPerWorker: z.number().positive().optional(),
  /** The day after which it answers no more. */
  retired: z.iso.date().optional(),
  /** When the figures were last compared with `source`. */
  asOf: z.string().regex(/^20\d\d-\d\d$/),
  source: z.url(),
  /** Other names servers give it, in lower case. */
  aliases: z.array(z.string()).optional(),
});
export type BuiltInModel = z.infer<typeof builtInModelSchema>;

const builtInTable = z.record(z.string(), builtInModelSchema);

/** models.yaml: rows by name, under whoever serves them; `open`: whoever has a server with OpenAI's interface. */
export const builtInModelsSchema = z.strictObject({ openai: builtInTable, cohere: builtInTable, local: builtInTable, open: builtInTable });
export type BuiltInModels = z.infer<typeof builtInModelsSchema>;
