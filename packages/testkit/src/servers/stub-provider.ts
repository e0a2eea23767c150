import { createHash, randomUUID } from 'node:crypto';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { createStubBatches, type StubBatches } from './stub-batches.ts';
import { type StubEndpoint, type StubInterface, stubInterfaces } from './stub-interfaces.ts';
import { refusalOf, type VendorRules } from './vendor-rules.ts';

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
  /** Vectors are moved by `share` of their length: by chance, or towards what else is in the batch. */
  | { readonly kind: 'noisy' | 'leans-on-batch'; readonly share: number }
  | { readonly kind: 'wrong-count' | 'wrong-dimension' | 'not-finite' | 'zeros' | 'reordered' | 'index-twice' };

export type StubProviderOptions = {
  /** The size of vectors where the request names none. */
  readonly dimensions?: number;
  /** What a request meets, after what is scripted: `nth` came before it, for whatever `model`. */
  readonly mood?: (texts: readonly string[], nth: number, model: string) => ProviderFault | null;
  /** Every other key is answered with 401. */
  readonly apiKey?: string;
  /** Texts that contain this are refused with 400. */
  readonly refusedText?: string;
  /** More texts a request are refused with 400. */
  readonly maxInputs?: number;
  /** What the server of one vendor wants and refuses. */
  readonly rules?: VendorRules;
  /** Reads so many tokens of a text and leaves the rest out without a word, as servers with `--auto-truncate` do. */
  readonly cutsAt?: number;
  /** Answers with numbers whatever `encoding_format` says, as LM Studio does. */
  readonly ignoreEncodingFormat?: boolean;
  /** Error bodies repeat the key and the texts of the request, as careless servers do. */
  readonly indiscreet?: boolean;
  /** Its batch road is Voyage's, with so many batches at once. */
  readonly voyage?: { readonly mostAtOnce: number };
  /** How long every answer takes. */
  readonly latencyMs?: number;
};

export type StubRequest = {
  readonly endpoint: StubEndpoint;
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
  readonly headers: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
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
  /** Once that many texts have arrived, every further request waits for its answer until the returned function is called. */
  holdAfter(texts: number): () => void;
  /** Its batch road. */
  readonly batches: StubBatches;
  /** Resolves once that many requests have arrived. */
  arrived(count: number): Promise<void>;
  close(): Promise<void>;
};

type Context = Required<Pick<StubProviderOptions, 'dimensions' | 'latencyMs'>> & StubProviderOptions;
type Entry = { -readonly [K in keyof StubRequest]: StubRequest[K] };

/** A server with OpenAI's interface and Cohere's, deterministic vectors, faults by script, and a log of every request. */
export async function startStubProvider(options: StubProviderOptions = {}): Promise<StubProvider> {
  const context: Context = { dimensions: 64, latencyMs: 0, ...options };
  const log: Entry[] = [];
  const scripted: ProviderFault[] = [];
  const waiting = new Set<{ readonly count: number; resolve(): void }>();
  let standing: ProviderFault | null = null;
  let arrivedTexts = 0;
  let held: { readonly after: number; readonly until: Promise<void> } | null = null;
  let limitedUntil = 0;

  const nextFault = ({ texts, body }: Entry): ProviderFault | null => {
    const remaining = limitedUntil - performance.now();
    if (remaining > 0) return { kind: 'rate-limited', retryAfter: String(Math.ceil(remaining / 1000)) };
    return scripted.shift() ?? standing ?? context.mood?.(texts, log.length - 1, String(body.model)) ?? null;
  };

  const serve = (endpoint: StubEndpoint) => async (request: FastifyRequest, reply: FastifyReply) => {
    const entry = enter(endpoint, request);
    log.push(entry);
    arrivedTexts += entry.texts.length;
    for (const waiter of waiting) if (log.length >= waiter.count) waiter.resolve();
    const answer = decide(stubInterfaces[endpoint], entry, context, nextFault(entry));
    if (held !== null && arrivedTexts > held.after) await held.until;
    if (context.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, context.latencyMs));
    return send(reply, entry, answer);
  };

  const server = Fastify({ bodyLimit: 64 * 1024 * 1024, forceCloseConnections: true });
  for (const endpoint of Object.keys(stubInterfaces) as StubEndpoint[]) server.post(stubInterfaces[endpoint].path, serve(endpoint));
  const batches = createStubBatches({
    voyage: context.voyage,
    mayEnter: (authorization) => context.apiKey === undefined || authorization === `Bearer ${context.apiKey}`,
    answer: (body) => replyBody(stubInterfaces.openai, { body, texts: [body.input].flat().map(String) }, context),
    refuses: (text) => context.refusedText !== undefined && text.includes(context.refusedText),
  });
  batches.serve(server);
  const address = await server.listen({ host: '127.0.0.1', port: 0 });

  return {
    openAiBaseUrl: `${address}/v1`,
    cohereBaseUrl: address,
    batches,
    log,
    script: (...faults) => void scripted.push(...faults),
    always: (fault) => {
      standing = fault;
    },
    rateLimitFor: (ms) => {
      limitedUntil = performance.now() + ms;
    },
    holdAfter(texts) {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = { after: texts, until: promise };
      return resolve;
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

function enter(endpoint: StubEndpoint, request: FastifyRequest): Entry {
  const body = (request.body ?? {}) as Record<string, unknown>;
  const input = stubInterfaces[endpoint].textsOf(body);
  const texts = typeof input === 'string' ? [input] : Array.isArray(input) ? input.map(String) : [];
  const { headers } = request;
  const query = request.query as Record<string, unknown>;
  const authorization = headers.authorization ?? null;
  return {
    endpoint,
    arrivedAt: performance.now(),
    answeredAt: null,
    texts,
    status: null,
    retryAfterMs: null,
    body,
    authorization,
    headers,
    query,
  };
}

function decide(spoken: StubInterface, entry: Entry, context: Context, fault: ProviderFault | null): Answer {
  if (context.apiKey !== undefined && entry.authorization !== `Bearer ${context.apiKey}`) {
    return refuse(spoken, 401, 'Incorrect API key provided', entry, context, { code: 'invalid_api_key' });
  }
  const refusal = context.rules === undefined ? null : refusalOf(context.rules, entry);
  if (refusal !== null) return refuse(spoken, refusal.status, refusal.words, entry, context, {});
  if (fault && 'kind' in fault) {
    const answer = answerFault(spoken, entry, context, fault);
    if (answer) return answer;
  }
  const { texts } = entry;
  if (context.maxInputs !== undefined && texts.length > context.maxInputs) {
    return refuse(spoken, 400, `too many inputs, at most ${context.maxInputs}`, entry, context, { param: 'input' });
  }
  const refused = context.refusedText;
  if (texts.includes('') || (refused !== undefined && texts.some((text) => text.includes(refused)))) {
    return refuse(spoken, 400, "'$.input' is invalid", entry, context, {});
  }
  return { status: 200, body: replyBody(spoken, entry, context, fault ?? undefined) };
}

function answerFault(spoken: StubInterface, entry: Entry, context: Context, fault: ProviderFault): Answer | null {
  switch (fault.kind) {
    case 'rate-limited':
      return {
        ...refuse(spoken, 429, 'Rate limit reached', entry, context, { code: 'rate_limit_exceeded' }),
        ...retryHeaders(fault.retryAfter),
      };
    case 'quota-used-up':
      return refuse(spoken, 429, spoken.quotaUsedUp.words, entry, context, spoken.quotaUsedUp);
    case 'status': {
      const { status, headers, body } = fault;
      const said = body === undefined ? refuse(spoken, status, `scripted ${status}`, entry, context, {}) : { status, body };
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
  spoken: StubInterface,
  status: number,
  words: string,
  { authorization, texts }: Entry,
  { indiscreet }: Context,
  { code = null, param = null }: { readonly code?: string | null; readonly param?: string | null },
): { readonly status: number; readonly body: unknown } {
  const message = indiscreet ? `${words}: ${authorization} sent ${JSON.stringify(texts)}` : words;
  return { status, body: spoken.refusal(status, message, code, param) };
}

function replyBody(
  spoken: StubInterface,
  { body, texts }: Pick<Entry, 'body' | 'texts'>,
  context: Context,
  fault?: ProviderFault,
): unknown {
  const asked = spoken.sizeOf(body);
  const dimensions = (typeof asked === 'number' ? asked : context.dimensions) + (fault?.kind === 'wrong-dimension' ? 1 : 0);
  const right = texts.map((text) => stubVector(String(body.model), spoken.kindOf(body), text, dimensions));
  return spoken.reply({
    body,
    texts,
    vectors: spoil(right, fault),
    tokens: texts.reduce((sum, text) => sum + Math.min(countStubTokens(text), context.cutsAt ?? Number.POSITIVE_INFINITY), 0),
    mayEncode: !(context.ignoreEncodingFormat || context.rules?.ignoresEncodingFormat),
    misplaced: fault?.kind === 'reordered' || fault?.kind === 'index-twice' ? fault.kind : null,
  });
}

/** NaN becomes null in JSON, as it does at servers whose model overflows. */
function spoil(vectors: number[][], fault: ProviderFault | undefined): number[][] {
  const last = vectors.at(-1);
  switch (fault?.kind) {
    case 'wrong-count':
      return vectors.slice(1);
    case 'zeros':
      last?.fill(0);
      return vectors;
    case 'not-finite':
      last?.fill(Number.NaN, 1, 2);
      return vectors;
    case 'noisy':
      return vectors.map((vector) => moved(vector, stubVector('noise', '', randomUUID(), vector.length), fault.share));
    case 'leans-on-batch':
      return vectors.map((vector, at) => moved(vector, vectors[at === 0 ? 1 : 0] ?? vector, fault.share));
    default:
      return vectors;
  }
}

function moved(vector: readonly number[], towards: readonly number[], share: number): number[] {
  const sum = vector.map((value, at) => value + share * (towards[at] ?? 0));
  const norm = Math.hypot(...sum);
  return sum.map((value) => Math.fround(value / norm));
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
