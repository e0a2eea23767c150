import { errorCodes } from '@reembed/contracts';
import { isReembedError } from '@reembed/core';
import { z } from 'zod';
import { errorsForAll } from '../openapi/error-responses.ts';
import { routeGroup } from './route-group.ts';

const part = z.union([z.literal('ok'), z.string()]);
const readySchema = z.object({ qdrant: part, redis: part, workers: z.int() });

/** `/healthz`: the process lives. `/readyz`: it can do its work; 503 names what is missing, in words of ours alone: both are open to all. */
export const healthRoutes = routeGroup((app, deps) => {
  app.get(
    '/healthz',
    {
      schema: {
        ...{ tags: ['health'], operationId: 'isAlive', summary: 'The process lives', security: [] },
        response: { 200: z.object({ status: z.literal('ok') }), ...errorsForAll },
      },
    },
    async () => ({ status: 'ok' as const }),
  );
  app.get(
    '/readyz',
    {
      schema: {
        ...{ tags: ['health'], operationId: 'isReady', summary: 'Qdrant and Redis answer', security: [] },
        response: { 200: readySchema, 503: readySchema, ...errorsForAll },
      },
    },
    async (_request, reply) => {
      const [qdrant, workers] = await Promise.all([tried(deps.collections.serverVersion()), tried(deps.fleet.workers())]);
      const ready = qdrant.fault === null && workers.fault === null;
      return reply
        .status(ready ? 200 : 503)
        .send({ qdrant: qdrant.fault ?? 'ok', redis: workers.fault ?? 'ok', workers: workers.value ?? 0 });
    },
  );
});

async function tried<T>(asked: Promise<T>): Promise<{ value: T | null; fault: string | null }> {
  try {
    return { value: await asked, fault: null };
  } catch (error) {
    if (!isReembedError(error)) throw error;
    return { value: null, fault: `${errorCodes[error.code].meaning} [${error.code}]` };
  }
}
