import type { Metrics } from '@reembed/process/metrics';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { errors } from '../openapi/error-responses.ts';

/** `/metrics`, as Prometheus reads it: for viewers, since names of models and ids of migrations stand in it. */
export function metricRoutes(metrics: Metrics): (server: FastifyInstance) => Promise<void> {
  const page = { description: 'Text in the format of Prometheus.', content: { 'text/plain': { schema: z.string() } } };
  const schema = {
    ...{ tags: ['health'], operationId: 'getMetrics', summary: 'What docs/metrics.md lists, for Prometheus' },
    response: { 200: page, ...errors() },
  };
  return async (server) => {
    server.get('/metrics', { schema }, async (_request, reply) => {
      const { contentType, text } = await metrics.read();
      return reply.type(contentType).send(text);
    });
  };
}
