import { createHash } from 'node:crypto';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';

/** What the stub does wrong. Each way has been met at a real provider or server. */
export type ProviderFault =
  /** 429; `retryAfter` as the header is to be written: seconds ("2"), an HTTP date, or `{ ms }` for OpenAI's retry-after-ms. */
  | { readonly kind: 'rate-limited'; readonly retryAfter?: string | { readonly ms: number } }
  | { readonly kind: 'quota-used-up' }
  | { readonly kind: 'status'; readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** Never answers; `body`: after the headers and half of the body. */
  | { readonly kind: 'hung'; readonly after?: 'body' }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'not-json' }
  | { readonly kind: 'wrong-count' | 'wrong-dimension' | 'not-finite' | 'zeros' | 'reordered' | 'index-twice' };

export type StubProviderOptions = {
  /** The size of vectors where the request names none. */
  readonly dimensions?: number;
  /** Every other key is answered with 401. */
  readonly apiKey?: string;
  /** Texts that contain this are refused with 400. */
  readonly refusedText?: string;
  /** More texts a request are refused with 400. */
  readonly maxInputs?: number;
  /** Answers with numbers whatever `encoding_format` says, as LM Studio does. */
  readonly ignoreEncodingFormat?: boolean;
  /** Error bodies repeat the key and the texts of the request, as careless servers do. */
  readonly indiscreet?: boolean;
  /** How long every answer takes. */
  readonly latencyMs?: number;
};

export type StubRequest = {
  readonly endpoint: 'openai' | 'cohere';
  /** performance.now() of the stub's process, ms. */
  readonly arrivedAt: number;
  readonly answeredAt: number | null;
  readonly texts: readonly string[];
  /** Null: no answer was given, or the caller went away. */
  readonly status: number | null;
  /** What the answer asked the caller to wait, ms. */
  readonly retryAfterMs: number | null;
  readonly body: Readonly<Record<string, unknown>>;
  readonly authorization: string | null;
};

export type StubProvider = AsyncDisposable & {
  /** For OPENAI_BASE_URL. */
  readonly openAiBaseUrl: string;
  /** For COHERE_BASE_URL. */
  readonly cohereBaseUrl: string;
  /** Every request since the start, in order of arrival. */
  readonly log: readonly StubRequest[];
  /** The next requests meet these faults, one each. */
  script(...faults: readonly ProviderFault[]): void;
  /** Every request meets the fault until it is set to null; what is scripted comes first. */
  always(fault: ProviderFault | null): void;
  /** From now on, for this long, every request is answered 429 with the whole seconds that remain as Retry-After. */
  rateLimitFor(ms: number): void;
  /** Resolves once that many requests have arrived. */
  arrived(count: number): Promise<void>;
  close(): Promise<void>;
};

type Context = Required<Pick<StubProviderOptions, 'dimensions' | 'latencyMs'>> & StubProviderOptions;
type Entry = { -readonly [K in keyof StubRequest]: StubRequest[K] };

/** A server with OpenAI's /v1/embeddings and Cohere's /v2/embed, deterministic vectors, faults by script, and a log of every request. */
export async function startStubProvider(options: StubProviderOptions = {}): Promise<StubProvider> {
  const context: Context = { dimensions: 64, latencyMs: 0, ...options };
  const log: Entry[] = [];
  const scripted: ProviderFault[] = [];
  const waiting = new Set<{ readonly count: number; resolve(): void }>();
  let standing: ProviderFault | null = null;
  let limitedUntil = 0;

  const nextFault = (): ProviderFault | null => {
    const remaining = limitedUntil - performance.now();
    if (remaining > 0) return { kind: 'rate-limited', retryAfter: String(Math.ceil(remaining / 1000)) };
    return scripted.shift() ?? standing;
  };

  const serve = (endpoint: StubRequest['endpoint']) => async (request: FastifyRequest, reply: FastifyReply) => {
    const entry = enter(endpoint, request);
    log.push(entry);
    for (const waiter of waiting) if (log.length >= waiter.count) waiter.resolve();
    const answer = decide(endpoint, entry, context, nextFault());
    if (context.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, context.latencyMs));
    return send(reply, entry, answer);
  };

  const server = Fastify({ bodyLimit: 64 * 1024 * 1024, forceCloseConnections: true });
  server.post('/v1/embeddings', serve('openai'));
  server.post('/v2/embed', serve('cohere'));
  const address = await server.listen({ host: '127.0.0.1', port: 0 });

  return {
    openAiBaseUrl: `${address}/v1`,
    cohereBaseUrl: address,
    log,
    script: (...faults) => void scripted.push(...faults),
    always: (fault) => {
      standing = fault;
    },
    rateLimitFor: (ms) => {
      limitedUntil = performance.now() + ms;
    },
    async arrived(count) {
      if (log.length >= count) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const waiter = { count, resolve };
      waiting.add(waiter);
      await promise;
      waiting.delete(waiter);
    },
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Requests that arrived although an answer sent before had asked to wait longer: the sins of a client that should honour Retry-After. */
export function requestsInsideRetryAfter(log: readonly StubRequest[]): StubRequest[] {
  const windows = log.flatMap(({ answeredAt, retryAfterMs }) =>
    answeredAt !== null && retryAfterMs !== null ? [{ from: answeredAt, to: answeredAt + retryAfterMs }] : [],
  );
  return log.filter(({ arrivedAt }) => windows.some(({ from, to }) => arrivedAt > from && arrivedAt < to));
}

/** The vector the stub gives: unit length, decided by model, kind and text alone. */
export function stubVector(model: string, kind: string, text: string, dimensions: number): number[] {
  let block = createHash('sha256')
    .update(JSON.stringify([model, kind, text]))
    .digest();
  const values: number[] = [];
  while (values.length < dimensions) {
    for (let at = 0; at < 32 && values.length < dimensions; at += 4) values.push(block.readInt32LE(at) / 2 ** 31);
    block = createHash('sha256').update(block).digest();
  }
  const norm = Math.hypot(...values);
  return values.map((value) => Math.fround(value / norm));
}

/** Tokens as the stub bills them: one for four characters, one at least. */
export function countStubTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}

type Answer =
  | { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>>; readonly retryAfterMs?: number }
  | { readonly silence: 'hung' | 'hung-in-body' | 'dropped' };

function enter(endpoint: StubRequest['endpoint'], request: FastifyRequest): Entry {
  const body = (request.body ?? {}) as Record<string, unknown>;
  const input = endpoint === 'openai' ? body.input : body.texts;
  const texts = typeof input === 'string' ? [input] : Array.isArray(input) ? input.map(String) : [];
  const authorization = request.headers.authorization ?? null;
  return { endpoint, arrivedAt: performance.now(), answeredAt: null, texts, status: null, retryAfterMs: null, body, authorization };
}

function decide(endpoint: StubRequest['endpoint'], entry: Entry, context: Context, fault: ProviderFault | null): Answer {
  if (context.apiKey !== undefined && entry.authorization !== `Bearer ${context.apiKey}`) {
    return refuse(endpoint, 401, 'Incorrect API key provided', entry, context, { code: 'invalid_api_key' });
  }
  if (fault && 'kind' in fault) {
    const answer = answerFault(endpoint, entry, context, fault);
    if (answer) return answer;
  }
  const { texts } = entry;
  if (context.maxInputs !== undefined && texts.length > context.maxInputs) {
    return refuse(endpoint, 400, `too many inputs, at most ${context.maxInputs}`, entry, context, { param: 'input' });
  }
  const refused = context.refusedText;
  if (texts.includes('') || (refused !== undefined && texts.some((text) => text.includes(refused)))) {
    return refuse(endpoint, 400, "'$.input' is invalid", entry, context, {});
  }
  return { status: 200, body: replyBody(endpoint, entry, context, fault?.kind) };
}

function answerFault(endpoint: StubRequest['endpoint'], entry: Entry, context: Context, fault: ProviderFault): Answer | null {
  switch (fault.kind) {
    case 'rate-limited':
      return {
        ...refuse(endpoint, 429, 'Rate limit reached', entry, context, { code: 'rate_limit_exceeded' }),
        ...retryHeaders(fault.retryAfter),
      };
    case 'quota-used-up':
      return endpoint === 'openai'
        ? refuse(endpoint, 429, 'You exceeded your current quota', entry, context, { code: 'insufficient_quota' })
        : refuse(endpoint, 429, 'You are using a Trial key, which is limited to 1000 API calls / month', entry, context, {});
    case 'status': {
      const { status, headers, body } = fault;
      const said = body === undefined ? refuse(endpoint, status, `scripted ${status}`, entry, context, {}) : { status, body };
      return headers ? { ...said, headers } : said;
    }
    case 'hung':
      return { silence: fault.after === 'body' ? 'hung-in-body' : 'hung' };
    case 'dropped':
      return { silence: 'dropped' };
    case 'not-json':
      return { status: 200, body: '<html>Sign in to continue</html>', headers: { 'content-type': 'text/html' } };
    default:
      return null;
  }
}

function retryHeaders(retryAfter: string | { readonly ms: number } | undefined) {
  if (retryAfter === undefined) return {};
  if (typeof retryAfter !== 'string') return { headers: { 'retry-after-ms': String(retryAfter.ms) }, retryAfterMs: retryAfter.ms };
  const retryAfterMs = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return { headers: { 'retry-after': retryAfter }, retryAfterMs };
}

function refuse(
  endpoint: StubRequest['endpoint'],
  status: number,
  words: string,
  { authorization, texts }: Entry,
  { indiscreet }: Context,
  { code = null, param = null }: { readonly code?: string | null; readonly param?: string | null },
): { readonly status: number; readonly body: unknown } {
  const message = indiscreet ? `${words}: ${authorization} sent ${JSON.stringify(texts)}` : words;
  const ofOpenAi = { error: { message, type: status === 429 ? 'requests' : 'invalid_request_error', param, code } };
  return { status, body: endpoint === 'openai' ? ofOpenAi : { id: 'stub', message } };
}

function replyBody(endpoint: StubRequest['endpoint'], { body, texts }: Entry, context: Context, fault: ProviderFault['kind'] | undefined) {
  const asked = endpoint === 'openai' ? body.dimensions : body.output_dimension;
  const dimensions = (typeof asked === 'number' ? asked : context.dimensions) + (fault === 'wrong-dimension' ? 1 : 0);
  const kind = endpoint === 'cohere' ? String(body.input_type) : '';
  const vectors = spoil(
    texts.map((text) => stubVector(String(body.model), kind, text, dimensions)),
    fault,
  );
  const tokens = texts.reduce((sum, text) => sum + countStubTokens(text), 0);
  if (endpoint === 'cohere') return { id: 'stub', embeddings: { float: vectors }, texts, meta: { billed_units: { input_tokens: tokens } } };
  const base64 = body.encoding_format === 'base64' && !context.ignoreEncodingFormat;
  const data = vectors.map((vector, index) => ({ object: 'embedding', index, embedding: base64 ? toBase64(vector) : vector }));
  return { object: 'list', model: body.model, data: misplace(data, fault), usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

/** NaN becomes null in JSON, as it does at servers whose model overflows. */
function spoil(vectors: number[][], fault: ProviderFault['kind'] | undefined): number[][] {
  if (fault === 'wrong-count') return vectors.slice(1);
  const last = vectors.at(-1);
  if (fault === 'zeros') last?.fill(0);
  if (fault === 'not-finite') last?.fill(Number.NaN, 1, 2);
  return vectors;
}

function misplace<T extends { readonly index: number }>(data: T[], fault: ProviderFault['kind'] | undefined): T[] {
  if (fault === 'reordered') return data.reverse();
  if (fault === 'index-twice') return data.map((row) => ({ ...row, index: 0 }));
  return data;
}

function toBase64(vector: readonly number[]): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString('base64');
}

function send(reply: FastifyReply, entry: Entry, answer: Answer) {
  if ('silence' in answer) return stayDumb(reply, answer.silence);
  entry.status = answer.status;
  entry.answeredAt = performance.now();
  entry.retryAfterMs = answer.retryAfterMs ?? null;
  return reply
    .code(answer.status)
    .headers(answer.headers ?? {})
    .send(answer.body);
}

function stayDumb(reply: FastifyReply, silence: 'hung' | 'hung-in-body' | 'dropped') {
  reply.hijack();
  if (silence === 'dropped') reply.raw.destroy();
  if (silence === 'hung-in-body') reply.raw.writeHead(200, { 'content-type': 'application/json' }).write('{"data":[');
  return reply;
}
