import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { type CoordinatorSettings, hideSecrets, parseExactJson } from '@reembed/contracts';
import type { AuditTrail, CoordinatorDeps } from '@reembed/core';
import type { ReachOut } from '@reembed/embedders';
import type { Metrics } from '@reembed/process/metrics';
import type { Deliveries, RedisConnections } from '@reembed/queue';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { addBoard } from './board.ts';
import { checkDepth, checkEntries } from './body-limits.ts';
import { answerErrors } from './error-reply.ts';
import { openApiOptions } from './openapi/document.ts';
import type { AccessSource } from './people/access-source.ts';
import { addActs } from './people/acts.ts';
import { keepForeignWords } from './people/foreign-words.ts';
import { addGuard } from './people/guard.ts';
import { trustedProxy } from './people/trusted-proxy.ts';
import { auditRoutes } from './routes/audit.ts';
import { autoscaleRoutes } from './routes/autoscale.ts';
import { checkReach } from './routes/check-reach.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { eventRoutes } from './routes/events.ts';
import { failureRoutes } from './routes/failures.ts';
import { gateRoutes } from './routes/gates.ts';
import { healthRoutes } from './routes/health.ts';
import { hookRoutes } from './routes/hooks.ts';
import { lateWriteRoutes } from './routes/late-writes.ts';
import { metricRoutes } from './routes/metrics.ts';
import { migrationRoutes } from './routes/migrations.ts';
import { overviewRoutes } from './routes/overview.ts';
import { planRoutes } from './routes/plans.ts';
import { requantizationRoutes } from './routes/requantizations.ts';
import { trialRoutes } from './routes/trials.ts';
import { traceRequests } from './trace-requests.ts';

const versionOne = [
  autoscaleRoutes,
  migrationRoutes,
  planRoutes,
  failureRoutes,
  deadLetterRoutes,
  lateWriteRoutes,
  gateRoutes,
  requantizationRoutes,
  trialRoutes,
];

export type Tls = { readonly cert: Buffer; readonly key: Buffer };

export type ServerOptions = {
  readonly deps: CoordinatorDeps;
  readonly audit: AuditTrail;
  /** What hooks were told. */
  readonly deliveries: Pick<Deliveries, 'list'>;
  /** What specs may name. */
  readonly reachOut: Pick<ReachOut, 'refusal'>;
  /** Who may do what, where it is said; else REEMBED_TOKEN alone, or loopback. */
  readonly access: AccessSource;
  readonly redis: RedisConnections;
  readonly metrics: Metrics;
  readonly settings: Pick<CoordinatorSettings, 'token' | 'boardWritable' | 'redisPrefix'>;
  /** Certificate and key, in PEM, to serve https by; null: http. */
  readonly tls: Tls | null;
  /** How long the body of a request may take to arrive, in ms. Default: 120,000. Answers, event streams among them, may take their time. */
  readonly bodyTimeoutMs?: number;
  readonly log: Logger;
};

/** The HTTP server, not listening yet. Health is open; everything else wants somebody who may. */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const { deps, audit, reachOut, access, redis, metrics, settings, tls, log, bodyTimeoutMs = 120_000 } = options;
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
  });
  addExactJsonParser(server);
  traceRequests(server);
  // Bull Board's replies, too: jobs and what they failed of may quote anybody.
  server.addHook('onSend', async (_request, _reply, payload) => (typeof payload === 'string' ? hideSecrets(payload) : payload));
  // What a form of another site can send without asking is no JSON.
  server.removeContentTypeParser('text/plain');
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  answerErrors(server);
  const now = () => deps.clock.now();
  const acts = addActs(server, { audit, migrations: deps.migrations, now, log });
  addGuard(server, { token: settings.token, access, now, log, acts });
  keepForeignWords(server);
  checkReach(server, reachOut);
  await server.register(helmet, { contentSecurityPolicy: { useDefaults: false, directives: nothing } });
  await server.register(swagger, openApiOptions());
  await server.register(swaggerUi, {
    ...{ routePrefix: '/docs', staticCSP: true, transformStaticCSP: ownResourcesOnly },
    // The badge of a validator elsewhere, which would fetch the document from here.
    uiConfig: { validatorUrl: 'none' },
  });
  const board = { redis, prefix: settings.redisPrefix, migrations: deps.migrations, writable: settings.boardWritable, log };
  await addBoard(server, board);
  await server.register(overviewRoutes(deps));
  await server.register(healthRoutes(deps));
  await server.register(metricRoutes(metrics));
  await server.register(auditRoutes(audit), { prefix: '/v1' });
  await server.register(hookRoutes(options.deliveries), { prefix: '/v1' });
  for (const routes of [...versionOne, eventRoutes(access)]) await server.register(routes(deps), { prefix: '/v1' });
  return server;
}

/** What is not a page loads nothing and stands in no other page; pages say themselves what they are made of. */
const nothing = { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] };

/** Of what the page of the document may load, what is from here. */
function ownResourcesOnly(policy: string): string {
  return policy
    .replace(/ (https:|validator\.swagger\.io)/g, '')
    .replace("frame-ancestors 'self'", "frame-ancestors 'none'")
    .replace(' upgrade-insecure-requests;', '');
}

/** An integer that a number might not hold. */
const longInteger = /\d{16}/;

/**
 * Reads JSON bodies as Fastify does, its guard against prototype poisoning included, and keeps integers past 2^53, which filters hold. What goes too deep or
 * has too much in it is refused before anything is made of it.
 */
function addExactJsonParser(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
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
