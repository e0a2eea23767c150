import { isReembedError } from '@reembed/core';
import { z } from 'zod';
import { routeGroup } from './route-group.ts';

const part = z.union([z.literal('ok'), z.string()]);
const readySchema = z.object({ qdrant: part, redis: part, workers: z.int() });

/** `/healthz`: the process lives. `/readyz`: it can do its work; 503 names what is missing. */
export const healthRoutes = routeGroup((app, deps) => {
  app.get(
    '/healthz',
    { schema: { tags: ['health'], summary: 'The process lives', response: { 200: z.object({ status: z.literal('ok') }) } } },
    async () => ({ status: 'ok' as const }),
  );
  app.get(
    '/readyz',
    { schema: { tags: ['health'], summary: 'Qdrant and Redis answer', response: { 200: readySchema, 503: readySchema } } },
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
    return { value: null, fault: error.message };
  }
}
