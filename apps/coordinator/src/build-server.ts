import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { CoordinatorSettings } from '@reembed/contracts';
import type { CoordinatorDeps } from '@reembed/core';
import type { Metrics } from '@reembed/process/metrics';
import type { Deliveries, RedisConnections } from '@reembed/queue';
import type { FastifyInstance } from 'fastify';
import { addBoard } from './board.ts';
import { type ApiOptions, buildApi } from './build-api.ts';
import { openApiOptions } from './openapi/document.ts';
import { auditRoutes } from './routes/audit.ts';
import { autoscaleRoutes } from './routes/autoscale.ts';
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

export type ServerOptions = Omit<ApiOptions, 'deps' | 'settings'> & {
  readonly deps: CoordinatorDeps;
  /** What hooks were told. */
  readonly deliveries: Pick<Deliveries, 'list'>;
  readonly redis: RedisConnections;
  readonly metrics: Metrics;
  readonly settings: Pick<CoordinatorSettings, 'token' | 'boardWritable' | 'redisPrefix'>;
};

/** The HTTP server, not listening yet. Health is open; everything else wants somebody who may. */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const { deps, audit, access, redis, metrics, settings, log } = options;
  const server = buildApi(options);
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

/** Of what the page of the document may load, what is from here. Its own script puts a style or two into it. */
function ownResourcesOnly(policy: string): string {
  return policy
    .replace(/ (https:|validator\.swagger\.io)/g, '')
    .replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
    .replace("frame-ancestors 'self'", "frame-ancestors 'none'")
    .replace(' upgrade-insecure-requests;', '');
}
