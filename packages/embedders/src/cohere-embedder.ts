import { type Embedder, type EmbedRequest, isReembedError } from '@reembed/core';
import type { CohereClientV2, CohereError } from 'cohere-ai';
import { checkDimensionsAsked, checkEmbeddings, checkInputs } from './check-embeddings.ts';
import { readSystemCode } from './connection-error.ts';
import type { ModelProfile } from './model-profile.ts';
import { createPrefixedTokenizer } from './prefixed-tokenizer.ts';
import { createRequestSignal } from './request-signal.ts';
import { readRetryAfter } from './retry-after.ts';
import { type ProviderFault, translateProviderError } from './translate-provider-error.ts';

/** `cohere/*` by /v2/embed. The client library takes 0.4 s to load, so it is loaded at the first call. */
export function createCohereEmbedder(profile: ModelProfile, { apiKey }: { readonly apiKey: string | null }): Embedder {
  const tokenizer = createPrefixedTokenizer(profile);
  let client: Promise<CohereClientV2> | undefined;
  return {
    model: profile.model,
    limits: profile.limits,
    ...tokenizer,
    async embed(texts, request) {
      request.signal?.throwIfAborted();
      checkDimensionsAsked(profile, request.dimensions);
      checkInputs(profile, texts);
      client ??= createClient(profile, apiKey);
      const { embed } = await client;
      using ending = createRequestSignal(request.signal, profile.requestTimeoutMs);
      const options = requestOptions(profile, ending.signal);
      try {
        const reply = await embed(requestBody(profile, texts, request), options);
        const rows = reply.embeddings?.float ?? [];
        const checked = checkEmbeddings({
          model: profile.model,
          rows,
          count: texts.length,
          dimensions: request.dimensions ?? profile.dimensions,
        });
        const billed = reply.meta?.billedUnits?.inputTokens;
        return { ...checked, tokens: billed || texts.reduce((sum, text) => sum + tokenizer.countTokens(text), 0) };
      } catch (error) {
        request.signal?.throwIfAborted();
        if (isReembedError(error)) throw error;
        throw translateProviderError({ ...readFault(error), timedOut: ending.timedOut }, { profile, apiKey, texts });
      }
    },
    async close() {},
  };
}

async function createClient(profile: ModelProfile, apiKey: string | null): Promise<CohereClientV2> {
  const { CohereClientV2 } = await import('cohere-ai');
  return new CohereClientV2({
    // '' sends no key; left out, the client would look for CO_API_KEY by itself.
    token: apiKey ?? '',
    ...(profile.baseUrl === null ? {} : { baseUrl: profile.baseUrl.replace(/\/v[12]\/?$/, '') }),
  });
}

function requestOptions(profile: ModelProfile, abortSignal: AbortSignal) {
  return {
    abortSignal,
    // Retries are the core's: inside the client they would hide 429s from the rate budget and hold a job's lock while waiting.
    maxRetries: 0,
    // The signal ends the request, its body included; the client's own limit covers the headers only and must not come first.
    timeoutInSeconds: profile.requestTimeoutMs / 1000 + 5,
  };
}

function requestBody(profile: ModelProfile, texts: readonly string[], { kind, dimensions }: EmbedRequest) {
  const isQuery = kind === 'query';
  const prefix = { document: profile.documentPrefix, query: profile.queryPrefix, plain: '' }[kind];
  return {
    model: profile.providerModel,
    texts: texts.map((text) => prefix + text),
    inputType: isQuery ? ('search_query' as const) : ('search_document' as const),
    embeddingTypes: ['float' as const],
    // The default END would cut a long text without a word; NONE refuses it, and onLongText decides.
    truncate: 'NONE' as const,
    ...(dimensions === undefined || dimensions === profile.dimensions ? {} : { outputDimension: dimensions }),
    ...(isQuery ? profile.queryBody : profile.documentBody),
  };
}

function readFault(error: unknown): ProviderFault {
  const { statusCode, body, rawResponse } = error as Partial<CohereError>;
  if (!(error instanceof Error) || statusCode === undefined) return { systemCode: readSystemCode(error) };
  return {
    status: statusCode,
    words: readMessage(body),
    requestId: rawResponse?.headers.get('x-request-id') ?? undefined,
    retryAfterMs: readRetryAfter(rawResponse?.headers, Date.now()),
  };
}

function readMessage(body: unknown): string | undefined {
  if (typeof body === 'string') return body;
  const message = (body as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : undefined;
}
