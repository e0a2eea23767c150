import { type Embedder, type EmbedRequest, isReembedError } from '@reembed/core';
import type { APIError, OpenAI } from 'openai';
import { checkDimensionsAsked, checkEmbeddings, checkInputs, orderByIndex } from './check-embeddings.ts';
import { readSystemCode } from './connection-error.ts';
import type { ModelProfile } from './model-profile.ts';
import { createPrefixedTokenizer } from './prefixed-tokenizer.ts';
import { createRequestSignal } from './request-signal.ts';
import { readRetryAfter } from './retry-after.ts';
import { type ProviderFault, translateProviderError } from './translate-provider-error.ts';

const openAiBaseUrl = 'https://api.openai.com/v1';

/** `openai/*`: OpenAI, and every server that speaks its /v1/embeddings (vLLM, TEI, Ollama, LM Studio, Azure, gateways) by its base URL. The client library is loaded at the first call. */
export function createOpenAiEmbedder(profile: ModelProfile, { apiKey }: { readonly apiKey: string | null }): Embedder {
  let client: Promise<OpenAI> | undefined;
  const tokenizer = createPrefixedTokenizer(profile);
  return {
    model: profile.model,
    limits: profile.limits,
    ...tokenizer,
    async embed(texts, request) {
      request.signal?.throwIfAborted();
      checkDimensionsAsked(profile, request.dimensions);
      checkInputs(profile, texts);
      client ??= createClient(profile, apiKey);
      const { embeddings } = await client;
      using ending = createRequestSignal(request.signal, profile.requestTimeoutMs);
      try {
        const reply = await embeddings.create(requestBody(profile, texts, request), { signal: ending.signal });
        return readReply(profile, reply, texts, request, tokenizer.countTokens);
      } catch (error) {
        request.signal?.throwIfAborted();
        if (isReembedError(error)) throw error;
        throw translateProviderError({ ...readFault(error), timedOut: ending.timedOut }, { profile, apiKey, texts });
      }
    },
    async close() {},
  };
}

async function createClient(profile: ModelProfile, apiKey: string | null): Promise<OpenAI> {
  const { OpenAI } = await import('openai');
  const elsewhere = profile.baseUrl !== null;
  return new OpenAI({
    // Left out, the client would read OPENAI_BASE_URL and the other OPENAI_* by itself and send what was meant for OpenAI elsewhere.
    baseURL: profile.baseUrl ?? openAiBaseUrl,
    apiKey: apiKey ?? 'none',
    adminAPIKey: null,
    ...(elsewhere ? { organization: null, project: null } : {}),
    defaultHeaders: apiKey === null ? { Authorization: null } : {},
    // Retries are the core's: inside the client they would hide 429s from the rate budget and hold a job's lock while waiting.
    maxRetries: 0,
    // The signal ends a request, its body included; the client's own limit covers the headers only and must not come first.
    timeout: profile.requestTimeoutMs + 5000,
    logLevel: 'off',
  });
}

function requestBody(profile: ModelProfile, texts: readonly string[], { kind, dimensions }: EmbedRequest) {
  const isQuery = kind === 'query';
  const prefix = { document: profile.documentPrefix, query: profile.queryPrefix, plain: '' }[kind];
  return {
    model: profile.providerModel,
    input: texts.map((text) => prefix + text),
    // Always said: without it the client asks for base64 and reads whatever comes as base64, floats included (openai-node #1542).
    encoding_format: profile.encodingFormat,
    // Only where another size than the model's own is asked for: many servers refuse the field.
    ...(dimensions === undefined || dimensions === profile.dimensions ? {} : { dimensions }),
    ...(isQuery ? profile.queryBody : profile.documentBody),
  };
}

type Reply = { readonly data?: unknown; readonly usage?: { readonly total_tokens?: unknown; readonly prompt_tokens?: unknown } };

function readReply(
  profile: ModelProfile,
  reply: Reply,
  texts: readonly string[],
  { dimensions }: EmbedRequest,
  countTokens: (text: string) => number,
) {
  const data = Array.isArray(reply?.data) ? (reply.data as { index?: unknown; embedding?: unknown }[]) : [];
  const rows = orderByIndex(profile.model, data).map(({ embedding }) => embedding);
  const checked = checkEmbeddings({ model: profile.model, rows, count: texts.length, dimensions: dimensions ?? profile.dimensions });
  const billed = reply.usage?.prompt_tokens ?? reply.usage?.total_tokens;
  const tokens = typeof billed === 'number' && billed > 0 ? billed : texts.reduce((sum, text) => sum + countTokens(text), 0);
  return { ...checked, tokens };
}

function readFault(error: unknown): ProviderFault {
  if (error instanceof SyntaxError) return { unreadable: true };
  const { status, code, type, param, message, requestID, headers } = error as Partial<APIError>;
  if (!(error instanceof Error) || status === undefined) return { systemCode: readSystemCode(error) };
  return {
    status,
    code: readText(code),
    type: readText(type),
    param: readText(param),
    words: message,
    requestId: readText(requestID),
    retryAfterMs: readRetryAfter(headers, Date.now()),
  };
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
