import type { EmbedRequest, QueryCode } from '@reembed/core';
import type { APIError, OpenAI } from 'openai';
import { modelFields } from '../records/model-fields.ts';
import { bodyOf, prefixOf, type ServedProfile } from '../records/model-profile.ts';
import { orderByIndex } from '../replies/check-embeddings.ts';
import { readSystemCode, waitOf } from '../replies/request-ending.ts';
import type { Access } from './access.ts';
import { type BatchWords, openAiWords, vendorWords } from './batch-words.ts';
import { createOpenAiBatches } from './openai-batches.ts';
import { NoVectors, type ProviderFault, providerHost, readNoVectors } from './provider-fault.ts';
import { pythonLiteral } from './python-literal.ts';
import { type Answer, queryInput, type ServerInterface, sizeAsked } from './server-interface.ts';

/** OpenAI's /v1/embeddings, which many other servers have too. The client library is loaded when it is connected. */
export const openAiInterface: ServerInterface = {
  shape: 'dense',
  entryFields: { encodingFormat: modelFields.encodingFormat, dimensionsField: modelFields.dimensionsField },
  async connect(profile, apiKey, access) {
    const client = await createClient(profile, apiKey, access);
    // Not `embeddings.create`: that asks for base64 where nothing is said, and reads whatever comes as base64 (openai-node #1542).
    return async (texts, request, signal) =>
      readReply(profile, await client.post<Reply>('/embeddings', { body: requestBody(profile, texts, request), signal }));
  },
  batches: (profile, ...asked) => batchesIn(vendorWords(profile) ?? openAiWords)(profile, ...asked),
  hasBatches: (profile) => vendorWords(profile) !== undefined,
  readFault,
  queryCall: (profile) => `POST /embeddings at ${providerHost(profile)}, model "${profile.providerModel}"`,
  queryCode,
};

/** The batch road of this interface, in the words of one vendor. */
export function batchesIn(words: BatchWords): ServerInterface['batches'] & {} {
  return (profile, apiKey, access, asking) =>
    createOpenAiBatches({
      ...{ profile, words, asking, secrets: access.secrets },
      connect: () => createClient(profile, apiKey, access),
      bodyOf: (text, dimensions) => requestBody(profile, [text], { kind: 'document', dimensions }),
    });
}

async function createClient(profile: ServedProfile, apiKey: string | null, { fetch }: Access): Promise<OpenAI> {
  const { OpenAI } = await import('openai');
  const elsewhere = profile.baseUrl !== null;
  return new OpenAI({
    // Left out, the client would read OPENAI_BASE_URL and the other OPENAI_* by itself and send what was meant for OpenAI elsewhere.
    baseURL: profile.baseUrl ?? profile.vendorUrl,
    apiKey: apiKey ?? 'none',
    fetch,
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

function requestBody(profile: ServedProfile, texts: readonly string[], { kind, dimensions }: EmbedRequest) {
  const prefix = prefixOf(profile, kind);
  const size = sizeAsked(profile, dimensions);
  return {
    model: profile.providerModel,
    input: texts.map((text) => prefix + text),
    ...(profile.encodingFormat === 'unsaid' ? {} : { encoding_format: profile.encodingFormat }),
    ...(size === null ? {} : { [profile.dimensionsField]: size }),
    ...bodyOf(profile, kind),
  };
}

type Reply = { readonly data?: unknown; readonly usage?: { readonly total_tokens?: unknown; readonly prompt_tokens?: unknown } };

function readReply({ model }: ServedProfile, reply: Reply): Answer {
  if (!Array.isArray(reply?.data)) throw new NoVectors(readNoVectors(reply));
  const data = reply.data as { index?: unknown; embedding?: unknown }[];
  const billed = reply.usage?.prompt_tokens ?? reply.usage?.total_tokens;
  return {
    rows: orderByIndex(model, data).map(({ embedding }) => embedding),
    billed: typeof billed === 'number' && billed > 0 ? billed : undefined,
  };
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
    retryAfterMs: waitOf(headers, Number.POSITIVE_INFINITY),
  };
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function queryCode(profile: ServedProfile, dimensions: number | null): QueryCode {
  const { providerModel, baseUrl, apiKeyEnv, queryBody, dimensionsField } = profile;
  const model = JSON.stringify(providerModel);
  const input = queryInput(profile);
  const asked = sizeAsked(profile, dimensions);
  const isOwnField = dimensionsField !== 'dimensions' && asked !== null;
  const size = isOwnField ? null : asked;
  const besides = { ...(isOwnField ? { [dimensionsField]: asked } : {}), ...queryBody };
  const body = Object.keys(besides).length === 0 ? null : besides;
  // Servers that want no key get one all the same: the clients do not go without.
  const key =
    apiKeyEnv === null
      ? { python: '"none"', typescript: "'none'" }
      : { python: `os.environ["${apiKeyEnv}"]`, typescript: `process.env.${apiKeyEnv}` };
  const where = baseUrl === null ? null : JSON.stringify(baseUrl);
  return {
    python: [
      ...(apiKeyEnv === null ? [] : ['import os']),
      'from openai import OpenAI',
      `openai = OpenAI(api_key=${key.python}${where === null ? '' : `, base_url=${where}`})`,
      `reply = openai.embeddings.create(model=${model}, input=${input},`,
      `    encoding_format="float"${size === null ? '' : `, dimensions=${size}`}${body === null ? '' : `, extra_body=${pythonLiteral(body)}`})`,
      'vector = reply.data[0].embedding',
    ].join('\n'),
    typescript: [
      "import OpenAI from 'openai';",
      `const openai = new OpenAI({ apiKey: ${key.typescript}${where === null ? '' : `, baseURL: ${where}`} });`,
      `const reply = await openai.embeddings.create({ model: ${model}, input: ${input},`,
      `  encoding_format: 'float'${size === null ? '' : `, dimensions: ${size}`}${body === null ? '' : `, ...${JSON.stringify(body)}`} });`,
      'const vector = reply.data[0].embedding;',
    ].join('\n'),
  };
}
