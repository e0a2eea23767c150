import type { EmbedRequest, QueryCode } from '@reembed/core';
import type { CohereClientV2, CohereError } from 'cohere-ai';
import { bodyOf, prefixOf, type ServedProfile } from '../records/model-profile.ts';
import { readSystemCode, waitOf } from '../replies/request-ending.ts';
import type { Access } from '../served/access.ts';
import { NoVectors, type ProviderFault, providerHost, readNoVectors } from '../served/provider-fault.ts';
import { servedProvider } from '../served/served-provider.ts';
import { queryInput, type ServerInterface, sizeAsked } from '../served/server-interface.ts';

/** Cohere's /v2/embed. The client library takes 0.4 s to load, so it is loaded when it is connected. */
const cohereInterface: ServerInterface = {
  shape: 'dense',
  entryFields: {},
  async connect(profile, apiKey, access) {
    const { embed } = await createClient(profile, apiKey, access);
    return async (texts, request, signal) => {
      const reply = await embed(requestBody(profile, texts, request), requestOptions(profile, signal));
      if (!Array.isArray(reply?.embeddings?.float)) throw new NoVectors(readNoVectors(reply));
      return { rows: reply.embeddings.float, billed: reply.meta?.billedUnits?.inputTokens };
    };
  },
  readFault,
  queryCall: (profile) => `POST /v2/embed at ${providerHost(profile)}, model "${profile.providerModel}", input_type "search_query"`,
  queryCode,
};

export const cohere = servedProvider({
  kind: 'cohere',
  vendorUrl: 'https://api.cohere.com',
  keyVariable: 'COHERE_API_KEY',
  baseUrlVariable: 'COHERE_BASE_URL',
  interface: cohereInterface,
  defaults: { limits: { maxInputs: 96 } },
});

async function createClient(profile: ServedProfile, apiKey: string | null, { fetch }: Access): Promise<CohereClientV2> {
  const { CohereClientV2 } = await import('cohere-ai');
  return new CohereClientV2({
    // '' sends no key; left out, the client would look for CO_API_KEY by itself.
    token: apiKey ?? '',
    fetch,
    ...(profile.baseUrl === null ? {} : { baseUrl: profile.baseUrl.replace(/\/v[12]\/?$/, '') }),
  });
}

function requestOptions(profile: ServedProfile, abortSignal: AbortSignal) {
  return {
    abortSignal,
    // Retries are the core's: inside the client they would hide 429s from the rate budget and hold a job's lock while waiting.
    maxRetries: 0,
    // The signal ends the request, its body included; the client's own limit covers the headers only and must not come first.
    timeoutInSeconds: profile.requestTimeoutMs / 1000 + 5,
  };
}

function requestBody(profile: ServedProfile, texts: readonly string[], { kind, dimensions }: EmbedRequest) {
  const prefix = prefixOf(profile, kind);
  const size = sizeAsked(profile, dimensions);
  return {
    model: profile.providerModel,
    texts: texts.map((text) => prefix + text),
    inputType: kind === 'query' ? ('search_query' as const) : ('search_document' as const),
    embeddingTypes: ['float' as const],
    // The default END would cut a long text without a word; NONE refuses it, and onLongText decides.
    truncate: 'NONE' as const,
    ...(size === null ? {} : { outputDimension: size }),
    ...bodyOf(profile, kind),
  };
}

function readFault(error: unknown): ProviderFault {
  const { statusCode, body, rawResponse } = error as Partial<CohereError>;
  if (!(error instanceof Error) || statusCode === undefined) return { systemCode: readSystemCode(error) };
  return {
    status: statusCode,
    words: readMessage(body),
    requestId: rawResponse?.headers.get('x-request-id') ?? undefined,
    retryAfterMs: waitOf(rawResponse?.headers, Number.POSITIVE_INFINITY),
  };
}

function readMessage(body: unknown): string | undefined {
  if (typeof body === 'string') return body;
  const message = (body as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : undefined;
}

function queryCode(profile: ServedProfile, dimensions: number | null): QueryCode {
  const model = JSON.stringify(profile.providerModel);
  const input = queryInput(profile);
  const size = sizeAsked(profile, dimensions);
  return {
    python: [
      'import cohere',
      `reply = cohere.ClientV2().embed(model=${model}, texts=[${input}], input_type="search_query",`,
      `    embedding_types=["float"]${size === null ? '' : `, output_dimension=${size}`})`,
      'vector = reply.embeddings.float_[0]',
    ].join('\n'),
    typescript: [
      "import { CohereClientV2 } from 'cohere-ai';",
      `const reply = await new CohereClientV2().embed({ model: ${model}, texts: [${input}], inputType: 'search_query',`,
      `  embeddingTypes: ['float']${size === null ? '' : `, outputDimension: ${size}`} });`,
      'const vector = reply.embeddings.float[0];',
    ].join('\n'),
  };
}
