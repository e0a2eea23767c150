import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { CoordinatorSettings } from '@reembed/contracts';
import type { CoordinatorDeps } from '@reembed/core';
import type { RedisConnections } from '@reembed/queue';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { mayPass } from './access.ts';
import { addBoard } from './board.ts';
import { errorReply } from './error-reply.ts';
import { addExactJsonParser } from './exact-json-body.ts';
import { failureRoutes } from './routes/failures.ts';
import { gateRoutes } from './routes/gates.ts';
import { healthRoutes } from './routes/health.ts';
import { lateWriteRoutes } from './routes/late-writes.ts';
import { migrationRoutes } from './routes/migrations.ts';
import { planRoutes } from './routes/plans.ts';
import { requantizationRoutes } from './routes/requantizations.ts';

export type ServerOptions = {
  readonly deps: CoordinatorDeps;
  readonly redis: RedisConnections;
  readonly settings: Pick<CoordinatorSettings, 'token' | 'boardWritable' | 'redisPrefix'>;
  readonly log: Logger;
};

/** The HTTP server, not listening yet. Health is open; everything else wants the token where there is one. */
export async function buildServer({ deps, redis, settings, log }: ServerOptions): Promise<FastifyInstance> {
  const server = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 32 * 1024 * 1024,
    forceCloseConnections: true,
  });
  addExactJsonParser(server);
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.setErrorHandler((error, request, reply) => {
    const { status, body } = errorReply(error);
    if (status >= 500) request.log.error({ err: error, url: request.url }, 'request failed');
    return reply.status(status).send(body);
  });
  server.setNotFoundHandler((request, reply) =>
    reply.status(404).send({ code: 'not-found', message: `there is no ${request.method} ${request.url}; see /docs` }),
  );
  server.addHook('onRequest', guard(settings.token));
  await server.register(swagger, {
    openapi: {
      info: {
        title: 'reembed',
        description: 'Moves a live Qdrant collection to another embedding model without downtime.',
        version: '0.1.0',
      },
    },
    transform: jsonSchemaTransform,
  });
  await server.register(swaggerUi, { routePrefix: '/docs' });
  await addBoard(server, { redis, prefix: settings.redisPrefix, writable: settings.boardWritable, log });
  await server.register(healthRoutes({ deps }));
  await server.register(migrationRoutes({ deps }), { prefix: '/v1' });
  await server.register(planRoutes({ deps }), { prefix: '/v1' });
  await server.register(failureRoutes({ deps }), { prefix: '/v1' });
  await server.register(lateWriteRoutes({ deps }), { prefix: '/v1' });
  await server.register(gateRoutes({ deps }), { prefix: '/v1' });
  await server.register(requantizationRoutes({ deps }), { prefix: '/v1' });
  return server;
}

function guard(token: string | undefined) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    if (/^\/(healthz|readyz)$/.test(request.url) || mayPass(request, token)) return undefined;
    if (token === undefined) {
      return reply.status(403).send({
        code: 'unauthorized',
        message: `without a token only loopback names are served, not ${request.hostname}; set REEMBED_TOKEN`,
      });
    }
    const message = 'send the token: Authorization: Bearer …, or in a browser any user name with the token as password';
    return reply.status(401).header('www-authenticate', 'Basic realm="reembed"').send({ code: 'unauthorized', message });
  };
}
