import { hookDeliveriesSchema } from '@reembed/contracts';
import type { Deliveries } from '@reembed/queue';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { errors } from '../openapi/error-responses.ts';

/** What hooks were told, and what came of it. */
export function hookRoutes(deliveries: Pick<Deliveries, 'list'>) {
  return async (server: FastifyInstance): Promise<void> => {
    const app = server.withTypeProvider<ZodTypeProvider>();
    const schema = {
      ...{ tags: ['hooks'], operationId: 'listHookDeliveries', summary: 'What hooks were told of, and what came of it; the newest first' },
      response: { 200: hookDeliveriesSchema, ...errors() },
    };
    app.get('/hooks', { schema }, async () => ({ deliveries: await deliveries.list() }));
  };
}
