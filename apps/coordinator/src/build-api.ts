import { maxHeaderSize } from 'node:http';
import { type CoordinatorSettings, hideSecrets, parseExactJson } from '@reembed/contracts';
import type { AuditTrail, CoordinatorDeps } from '@reembed/core';
import type { ReachOut } from '@reembed/embedders';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { checkDepth, checkEntries } from './body-limits.ts';
import { answerErrors, answerNoRequest, errorReply } from './error-reply.ts';
import type { AccessSource } from './people/access-source.ts';
import { addActs } from './people/acts.ts';
import { keepForeignWords } from './people/foreign-words.ts';
import { addGuard } from './people/guard.ts';
import { createSignIn, type SignIn } from './people/sign-in.ts';
import { trustedProxy } from './people/trusted-proxy.ts';
import { isPlanned, type Planner, relayTo } from './planning/planner.ts';
import { checkReach } from './routes/check-reach.ts';
import { traceRequests } from './trace-requests.ts';

export type Tls = { readonly cert: Buffer; readonly key: Buffer };

export type ApiOptions = {
  readonly deps: Pick<CoordinatorDeps, 'clock' | 'migrations'>;
  readonly audit: AuditTrail;
  /** What specs may name. */
  readonly reachOut: Pick<ReachOut, 'refusal'>;
  /** Who may do what, where it is said; else REEMBED_TOKEN alone, or loopback. */
  readonly access: AccessSource;
  readonly settings: Pick<CoordinatorSettings, 'token'>;
  /** How it is told who asks, where that is not by `access` and token. */
  readonly signIn?: SignIn;
  /** What answers requests with a spec; without, this server does. */
  readonly planner?: Planner | undefined;
  /** Certificate and key, in PEM, to serve https by; null: http. */
  readonly tls: Tls | null;
  /** How long the body of a request may take to arrive, in ms. Default: 120,000. Answers, event streams among them, may take their time. */
  readonly bodyTimeoutMs?: number;
  readonly log: Logger;
};

/** A server without a route: what every request goes through, before it is answered and after. */
export function buildApi(options: ApiOptions): FastifyInstance {
  const { deps, audit, reachOut, access, settings, planner, tls, log, bodyTimeoutMs = 120_000 } = options;
  // Node exchanges the two limits where that of the headers is the longer one.
  const limits = { connectionsCheckingInterval: Math.min(30_000, bodyTimeoutMs), headersTimeout: Math.min(60_000, bodyTimeoutMs) };
  const server = Fastify({
    ...(tls === null ? { http: limits } : { https: { ...tls, ...limits } }),
    // Whose address a request has, a trusted proxy says.
    trustProxy: trustedProxy(access),
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 32 * 1024 * 1024,
    forceCloseConnections: true,
    // Whoever sends a body a byte a minute holds a connection no longer.
    requestTimeout: bodyTimeoutMs,
    // A name as long as a request may have is one that nothing has, and no fault of its own kind.
    routerOptions: { maxParamLength: maxHeaderSize },
    clientErrorHandler: answerNoRequest,
    // What is no address never comes to a route; it is answered in the shape of every error.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      const { status, body } = errorReply(error, request);
      void reply.status(status).send(body);
    },
  });
  addExactJsonParser(server, planner !== undefined);
  traceRequests(server);
  // Bull Board's replies, too: jobs and what they failed of may quote anybody.
  server.addHook('onSend', async (_request, reply, payload) => {
    // Pages say themselves what they may do; who is refused before that is told no more than this.
    for (const [name, value] of Object.entries(shut)) if (!reply.raw.hasHeader(name) && !reply.hasHeader(name)) reply.header(name, value);
    return typeof payload === 'string' ? hideSecrets(payload) : payload;
  });
  // What a form of another site can send without asking is no JSON.
  server.removeContentTypeParser('text/plain');
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  answerErrors(server);
  const now = () => deps.clock.now();
  const acts = addActs(server, { audit, migrations: deps.migrations, now, log });
  addGuard(server, { signIn: options.signIn ?? createSignIn({ token: settings.token, access, now }), log, acts });
  server.decorateRequest('isRelayed', false);
  if (planner !== undefined) relayTo(server, planner);
  keepForeignWords(server);
  checkReach(server, reachOut);
  return server;
}

/** A reply is what it says it is, loads nothing, and stands in no page. */
const shut = { 'content-security-policy': "default-src 'none'; frame-ancestors 'none'", 'x-content-type-options': 'nosniff' };

/** An integer that a number might not hold. */
const longInteger = /\d{16}/;

/**
 * Reads JSON bodies as Fastify does, its guard against prototype poisoning included, and keeps integers past 2^53, which filters hold. What goes too deep or
 * has too much in it is refused before anything is made of it. `isRelayed`: what a planner answers stays as it came.
 */
function addExactJsonParser(server: FastifyInstance, isRelayed: boolean): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (isRelayed && isPlanned(request)) return done(null, body);
    const text = String(body);
    const fault = faultOf(() => checkDepth(text));
    if (fault !== null) return done(fault);
    void parse(request, text, (error, value: unknown) => {
      const refused = error ?? faultOf(() => checkEntries(value));
      if (refused !== null) done(refused);
      else done(null, longInteger.test(text) ? parseExactJson(text) : value);
    });
  });
}

function faultOf(check: () => void): Error | null {
  try {
    check();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
