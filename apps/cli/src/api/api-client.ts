import { hostname, userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AuditPage,
  auditPageSchema,
  type BackfillRequest,
  type Command,
  type CompareReply,
  callerHeader,
  compareReplySchema,
  type DeadLetter,
  type DiscardReply,
  deadLettersSchema,
  discardReplySchema,
  errorReplySchema,
  type FailureChoice,
  type FailurePage,
  failurePageSchema,
  type HookDelivery,
  hookDeliveriesSchema,
  lateWritePageSchema,
  type MigrationEvent,
  type MigrationPage,
  type MigrationView,
  migrationEventSchema,
  migrationPageSchema,
  migrationViewSchema,
  openCredentials,
  type Plan,
  type Progress,
  planSchema,
  progressSchema,
  type Report,
  type Requantization,
  type RequantizeInput,
  reportSchema,
  requantizationSchema,
  type SpecInput,
  type SubmitReply,
  submitReplySchema,
  type TrialInput,
  type TrialReply,
  type TuneReply,
  type TuneRequest,
  trialReplySchema,
  tuneReplySchema,
  type Unreadable,
} from '@reembed/contracts';
import { type AdoptWords, type AuditQuery, allPages, type CommandWords, ReembedError } from '@reembed/core';
import { createParser } from 'eventsource-parser';
import { Agent, type Dispatcher, request } from 'undici';
import type { z } from 'zod';
import type { Absence } from './absence.ts';

export type Listed = Pick<MigrationPage, 'migrations' | 'unreadable'>;
type LateWritePage = z.infer<typeof lateWritePageSchema>;

type Method = 'GET' | 'POST' | 'PATCH';

export const defaultUrl = 'http://127.0.0.1:8765';

/** `open` comes whenever a connection stands (again): what happened in between has to be looked up. */
export type StreamItem = { readonly kind: 'open' } | { readonly kind: 'event'; readonly event: MigrationEvent };

/** The coordinator's API. Throws what a reply says as ReembedError, and `coordinator-unreachable` where there is none. */
export type ApiClient = {
  readonly url: string;
  /** `takeOver`, here and below: from a fleet that its migration belongs to still. */
  submit(spec: SpecInput, takeOver?: boolean): Promise<SubmitReply>;
  /** All of them, newest first, and those that cannot be read. */
  list(): Promise<Listed>;
  /** Jobs that nobody can work on, newest first. */
  /** What hooks were told, newest first. */
  hooks(): Promise<HookDelivery[]>;
  deadLetters(): Promise<DeadLetter[]>;
  view(id: string): Promise<MigrationView>;
  command(id: string, command: Command, words?: CommandWords): Promise<MigrationView>;
  /** Changes how fast a migration under way goes, and how far. */
  tune(id: string, change: TuneRequest): Promise<TuneReply>;
  /** Goes on with the migration that a target collection tells of. */
  adopt(target: string, words?: AdoptWords): Promise<SubmitReply>;
  /** Deletes what remains of a migration that has ended; `confirm`: the name of its target. */
  discard(id: string, confirm: string | undefined): Promise<DiscardReply>;
  backfill(request: BackfillRequest, takeOver?: boolean): Promise<SubmitReply>;
  plan(spec: SpecInput): Promise<Plan>;
  requantize(request: RequantizeInput): Promise<Requantization>;
  /** The trial, or how far it is: ask again. */
  trial(body: TrialInput, signal: AbortSignal): Promise<TrialReply>;
  failures(id: string, page: { readonly cursor: string | null; readonly limit: number }): Promise<FailurePage>;
  /** Tries points that are set aside again, or accepts that they are missing. */
  settleFailures(id: string, act: 'retry' | 'accept', choice: FailureChoice): Promise<Progress>;
  lateWrites(id: string, page: { readonly cursor: string | null; readonly limit: number }): Promise<LateWritePage>;
  settleLateWrites(id: string, act: 'insert-missing' | 'accept'): Promise<MigrationView>;
  compare(id: string, queries: readonly string[], limit: number): Promise<CompareReply>;
  report(id: string): Promise<Report>;
  /** Who did what, the oldest first. */
  audit(query: AuditQuery): Promise<AuditPage>;
  /** From now on, across lost connections, until the signal aborts; how long a coordinator may stay away is the matter of `absence`. */
  events(id: string, signal: AbortSignal, absence: Absence): AsyncGenerator<StreamItem>;
  /** Whether a coordinator answers there. */
  answers(): Promise<boolean>;
  close(): Promise<void>;
};

export type ApiClientOptions = {
  readonly url: string;
  readonly token?: string | undefined;
  /** How long events may be silent before their connection is taken for lost, in ms. A coordinator sends something every 15 s. */
  readonly silenceMs?: number;
  /** Who asks, for the coordinator's log and with decisions; default: the user of this process and machine. */
  readonly caller?: string;
};

export function createApiClient({ url, token, silenceMs = 60_000, caller = userHere() }: ApiClientOptions): ApiClient {
  // A user and a password in it are for a proxy before the coordinator; a token takes their place.
  const { address, headers: credentials } = openCredentials(url);
  const base = address.replace(/\/+$/, '');
  const dispatcher = new Agent({ bodyTimeout: 0, connect: { timeout: 5_000 } });
  const authorization = token === undefined || token === '' ? credentials : { authorization: `Bearer ${token}` };
  const always = { ...authorization, [callerHeader]: encodeURIComponent(caller) };

  const send = async (method: Method, path: string, options: SendOptions = {}) => {
    const { body, signal, timeouts } = options;
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { ...always, ...json, ...options.headers };
    const sent = {
      method,
      headers,
      dispatcher,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
      ...timeouts,
    };
    const reply = await request(`${base}${path}`, sent).catch((cause: unknown) => {
      signal?.throwIfAborted();
      throw unreachable(base, cause);
    });
    if (reply.statusCode > 299) throw await replyToError({ url: base, token }, reply);
    return reply;
  };
  const call = async <T>(method: Method, path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> => {
    const reply = await send(method, path, { body });
    return read(base, schema, await reply.body.text());
  };
  const migration = (id: string) => `/v1/migrations/${encodeURIComponent(id)}`;

  return {
    url: base,
    submit: (spec, takeOver = false) => call('POST', `/v1/migrations?takeOver=${takeOver}`, submitReplySchema, spec),
    async list() {
      const found: MigrationView[] = [];
      const unreadable: Unreadable[] = [];
      const load = (cursor: string | null) => call('GET', `/v1/migrations${queryOf({ cursor, limit: 100 })}`, migrationPageSchema);
      for await (const page of allPages(load)) {
        found.push(...page.migrations);
        unreadable.push(...page.unreadable);
      }
      return { migrations: found, unreadable };
    },
    hooks: async () => (await call('GET', '/v1/hooks', hookDeliveriesSchema)).deliveries,
    deadLetters: async () => (await call('GET', '/v1/dead-letters', deadLettersSchema)).deadLetters,
    view: (id) => call('GET', migration(id), migrationViewSchema),
    command: (id, command, words) => call('POST', `${migration(id)}/${command}`, migrationViewSchema, words),
    tune: (id, change) => call('PATCH', migration(id), tuneReplySchema, change),
    adopt: (target, words) => call('POST', '/v1/adoptions', submitReplySchema, { target, ...words }),
    discard: (id, confirm) => call('POST', `${migration(id)}/discard`, discardReplySchema, { confirm }),
    failures: (id, page) => call('GET', `${migration(id)}/failures${queryOf(page)}`, failurePageSchema),
    settleFailures: (id, act, choice) => call('POST', `${migration(id)}/failures/${act}`, progressSchema, choice),
    lateWrites: (id, page) => call('GET', `${migration(id)}/late-writes${queryOf(page)}`, lateWritePageSchema),
    settleLateWrites: (id, act) => call('POST', `${migration(id)}/late-writes`, migrationViewSchema, { act }),
    compare: (id, queries, limit) => call('POST', `${migration(id)}/compare`, compareReplySchema, { queries, limit }),
    audit: (query) => call('GET', `/v1/audit${auditQuery(query)}`, auditPageSchema),
    report: (id) => call('GET', `${migration(id)}/report`, reportSchema),
    backfill: (request, takeOver = false) => call('POST', `/v1/backfills?takeOver=${takeOver}`, submitReplySchema, request),
    plan: (spec) => call('POST', '/v1/plans', planSchema, spec),
    trial: async (body, signal) => read(base, trialReplySchema, await (await send('POST', '/v1/trials', { body, signal })).body.text()),
    requantize: (request) => call('POST', '/v1/requantizations', requantizationSchema, request),
    async *events(id, signal, { heard, failed }) {
      let last: string | undefined;
      const timeouts = { headersTimeout: silenceMs, bodyTimeout: silenceMs };
      while (!signal.aborted) {
        try {
          const headers = last === undefined ? {} : { 'last-event-id': last };
          const reply = await send('GET', `${migration(id)}/events`, { signal, headers, timeouts });
          heard();
          yield { kind: 'open' };
          for await (const message of messagesOf(reply.body, heard)) {
            last = message.id ?? last;
            yield { kind: 'event', event: message.event };
          }
        } catch (error) {
          if (signal.aborted) return;
          failed(error);
        }
        await sleep(300, undefined, { signal }).catch(() => {});
      }
    },
    answers: () =>
      send('GET', '/healthz', { signal: AbortSignal.timeout(2_000) }).then(
        async ({ body }) => {
          await body.dump();
          return true;
        },
        () => false,
      ),
    close: () => dispatcher.destroy(),
  };
}

type SendOptions = {
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly headers?: object;
  /** In ms. */
  readonly timeouts?: { readonly headersTimeout: number; readonly bodyTimeout: number };
};

/** `ada@laptop`; a user without an entry in the machine's list is only its number. */
function userHere(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `user ${process.getuid?.() ?? '?'}@${hostname()}`;
  }
}

function auditQuery({ since, cursor, limit }: AuditQuery): string {
  return `${queryOf({ cursor: cursor ?? null, limit })}${since === undefined ? '' : `&since=${encodeURIComponent(since)}`}`;
}

function queryOf({ cursor, limit }: { readonly cursor: string | null; readonly limit: number }): string {
  return `?limit=${limit}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
}

/** `heard` is called with every piece, those without an event too. */
async function* messagesOf(
  body: AsyncIterable<Uint8Array>,
  heard: () => void,
): AsyncGenerator<{ id: string | undefined; event: MigrationEvent }> {
  const decoder = new TextDecoder();
  const ready: { id: string | undefined; event: MigrationEvent }[] = [];
  const parser = createParser({
    onEvent: ({ id, data }) => {
      const event = migrationEventSchema.safeParse(JSON.parse(data));
      // An event of a later version is no reason to stop following.
      if (event.success) ready.push({ id, event: event.data });
    },
  });
  for await (const piece of body) {
    heard();
    parser.feed(decoder.decode(piece, { stream: true }));
    yield* ready.splice(0);
  }
}

function read<T>(url: string, schema: z.ZodType<T>, text: string): T {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new ReembedError('coordinator-unreachable', `${url} answers, but not as a coordinator of this version: check REEMBED_URL`, {
    cause: parsed.error,
  });
}

/** The API speaks of headers, to whoever writes requests. */
function unauthorized(url: string, token: string | undefined, said: string): string {
  return token === undefined || token === ''
    ? `the coordinator at ${url} wants a token: set REEMBED_TOKEN to yours, or to the one that it was started with`
    : `the coordinator at ${url} does not take the token of REEMBED_TOKEN (${said}): set it to yours, or to the one that it was started with`;
}

async function replyToError(
  { url, token }: Pick<ApiClientOptions, 'url' | 'token'>,
  { statusCode, body }: Dispatcher.ResponseData,
): Promise<ReembedError> {
  const parsed = errorReplySchema.safeParse(parseJson(await body.text()));
  if (parsed.success && statusCode === 401) return new ReembedError('unauthorized', unauthorized(url, token, parsed.data.message));
  if (parsed.success) return new ReembedError(parsed.data.code, parsed.data.message, { issues: parsed.data.issues ?? [] });
  return new ReembedError('coordinator-unreachable', `${url} answers with ${statusCode}, and not as a coordinator: check REEMBED_URL`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(url: string, cause: unknown): ReembedError {
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no connection comes about';
  return new ReembedError(
    'coordinator-unreachable',
    `no coordinator answers at ${url} (${why}): start one with \`reembed dev\` or \`reembed coordinator\`, or set REEMBED_URL`,
    { cause },
  );
}
