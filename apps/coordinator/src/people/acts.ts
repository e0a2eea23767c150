import { type AuditEntry, type ErrorCode, errorCodes, hideSecrets, type Phase, phaseSchema } from '@reembed/contracts';
import { type AuditTrail, loadMigration, type Migrations, ReembedError } from '@reembed/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { v7 as newLineId } from 'uuid';
import { callerOf, wordOf } from './person.ts';
import { ruleOf } from './route-rules.ts';

type Told = { readonly id: string | null; readonly phase: Phase | null; readonly code: ErrorCode | null };

declare module 'fastify' {
  interface FastifyRequest {
    /** The line of the audit trail that its act began with; null: it has done nothing yet. */
    asked: AuditEntry | null;
    /** What the reply says of the migration, and which error it is. */
    told: Told | null;
    /** For a route that finds out on its way that it acts: to be awaited before it does. Once is enough. */
    recordAct(): Promise<void>;
  }
}

export type RecordActs = {
  /** Writes that somebody asks for an act. Throws `audit-unwritten` where that is not possible, and the act may not go without. */
  asked(request: FastifyRequest): Promise<void>;
  /** Writes that an address is listened to no more for a while. */
  limited(request: FastifyRequest): Promise<void>;
};

export type ActsOptions = {
  readonly audit: AuditTrail;
  readonly migrations: Migrations;
  readonly now: () => Date;
  readonly log: Logger;
};

/** Characters of what a request says that are kept: enough for every word of an act, and for the beginning of a spec. */
const longestWords = 1_000;

/** Refused acts of one caller that the trail takes in a minute: its oldest lines are not pushed out by somebody who may do nothing. */
const mostRefusals = 60;

/**
 * Writes every act into log and audit trail: that it is asked for, before it is done, and what came of it, once it is answered; refused ones too. What only
 * looks is no act, and of those who are not let in nothing is written but that their address is listened to no more.
 */
export function addActs(server: FastifyInstance, options: ActsOptions): RecordActs {
  const { audit, log } = options;
  const stamp = createStamps(options.now);
  const refusals = new RateLimiterMemory({ points: mostRefusals, duration: 60 });
  const isFlood = (request: FastifyRequest) =>
    refusals.consume(callerOf(request)).then(
      () => false,
      () => true,
    );
  server.decorateRequest('asked', null);
  server.decorateRequest('told', null);
  const acts: RecordActs = {
    async asked(request) {
      if (request.asked !== null) return;
      const { unrecorded } = ruleOf(request.method, request.routeOptions.url);
      const line = { ...lineOf(request, 'asked', stamp()), phaseBefore: await phaseOf(options, request) };
      request.asked = line;
      const written = audit.append(line).catch((cause: unknown) => {
        log.error({ ...line, error: String(cause) }, 'it could not be written into the audit trail who acts');
        if (unrecorded === undefined) throw unwritten(line, cause);
      });
      // What may go without its line does not wait for a Qdrant that does not answer.
      if (unrecorded === undefined) await written;
    },
    limited: (request) => appendAnyhow(options, lineOf(request, 'limited', stamp())),
  };
  server.decorateRequest('recordAct', function recordAct(this: FastifyRequest) {
    return acts.asked(this);
  });
  server.addHook('preSerialization', async (request, _reply, payload) => {
    if (actOf(request) !== undefined) request.told = toldBy(payload);
    return payload;
  });
  server.addHook('onResponse', async (request, { statusCode: status }) => {
    const { asked, isRelayed } = request;
    // Whoever answered it has written it down.
    if (isRelayed) return;
    if (asked === null && !isRefusal(request, status)) return;
    const began = asked ?? lineOf(request, 'refused', stamp());
    const { id = null, phase = null, code = null } = request.told ?? {};
    const ended = { status, code, migration: id ?? began.migration, phaseAfter: phase };
    const line: AuditEntry = asked === null ? { ...began, ...ended } : { ...began, ...stamp(), kind: 'answered', ...ended };
    logAct(log, request, line);
    if (asked !== null || !(await isFlood(request))) await appendAnyhow(options, line);
  });
  return acts;
}

function actOf({ method, routeOptions }: FastifyRequest): string | undefined {
  return ruleOf(method, routeOptions.url).act;
}

/** An act that was turned away before it was written down that it is asked for: by the role, or because the request is malformed. */
function isRefusal(request: FastifyRequest, status: number): boolean {
  const { act, recordsItself } = ruleOf(request.method, request.routeOptions.url);
  return act !== undefined && request.person !== null && (status === 403 || (status >= 400 && recordsItself === undefined));
}

/** The id of the migration, its phase, and the code of an error, where a reply has them. */
function toldBy(payload: unknown): Told {
  const { id, phase, code } = (payload ?? {}) as { readonly id?: unknown; readonly phase?: unknown; readonly code?: unknown };
  const isCode = typeof code === 'string' && Object.hasOwn(errorCodes, code);
  return {
    id: typeof id === 'string' ? id : null,
    phase: phaseSchema.safeParse(phase).data ?? null,
    code: isCode ? (code as ErrorCode) : null,
  };
}

type Stamp = Pick<AuditEntry, 'id' | 'at'>;

/** Ids and moments of lines: those of one millisecond are in the order in which this process wrote them. */
function createStamps(now: () => Date): () => Stamp {
  let written = 0;
  return () => {
    const at = now();
    written = (written + 1) % 2 ** 31;
    return { id: newLineId({ msecs: at.getTime(), seq: written }), at: at.toISOString() };
  };
}

function lineOf(request: FastifyRequest, kind: AuditEntry['kind'], { id, at }: Stamp): AuditEntry {
  const { person, ip } = request;
  const { id: migration = null } = (request.params ?? {}) as { readonly id?: string };
  const what = kind === 'limited' ? 'sign in' : (actOf(request) ?? '');
  return {
    ...{ id, act: id, at, kind, what, migration, from: ip, says: wordOf(request), words: wordsOf(request) },
    ...{ name: person?.name ?? 'somebody', role: person?.role ?? null, knownBy: person?.knownBy ?? null },
    ...{ phaseBefore: null, phaseAfter: null, status: null, code: null },
  };
}

/** Of the path, the query and the body; of those who are not let in the body is not read. */
function wordsOf({ params, query, body }: FastifyRequest): string | null {
  const { id: _migration, ...rest } = (params ?? {}) as Readonly<Record<string, unknown>>;
  const said = JSON.stringify({ ...rest, ...(query as object | undefined), ...(body as object | undefined) });
  return said === '{}' ? null : hideSecrets(said).slice(0, longestWords).toWellFormed();
}

/** Where the migration stands before; null where it is not known here. */
async function phaseOf(options: ActsOptions, { params }: FastifyRequest): Promise<Phase | null> {
  const { id } = (params ?? {}) as { readonly id?: string };
  if (id === undefined) return null;
  return loadMigration(options, id).then(
    ({ phase }) => phase,
    () => null,
  );
}

function logAct(log: Logger, request: FastifyRequest, { what: act, migration, status, phaseBefore, phaseAfter }: AuditEntry): void {
  const by = callerOf(request);
  const about = migration === null ? act : `${act} ${migration}`;
  const came = (status ?? 500) < 400 ? 'done' : `refused with ${status}`;
  log.info({ act, migration: migration ?? undefined, by, status, from: phaseBefore, to: phaseAfter }, `${by}: ${about}, ${came}`);
}

/** What is over cannot be refused any more: where it cannot be written, the log says so. */
async function appendAnyhow({ audit, log }: ActsOptions, line: AuditEntry): Promise<void> {
  await audit
    .append(line)
    .catch((cause: unknown) => log.error({ ...line, error: String(cause) }, 'a line of the audit trail could not be written'));
}

function unwritten({ what, migration }: AuditEntry, cause: unknown): ReembedError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const act = migration === null ? what : `${what} ${migration}`;
  return new ReembedError('audit-unwritten', `it could not be written down who asks for ${act}, so that nothing was done: ${why}`, {
    cause,
  });
}
