import { planSchema, submitBodySchema } from '@reembed/contracts';
import { type CoordinatorDeps, parseSpec, planWithAdvice, sampleByFleet } from '@reembed/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { errors } from './shared-schemas.ts';

/** `POST /v1/plans`: what a spec would do, cost and need. Writes nothing. */
export function planRoutes({ deps }: { readonly deps: CoordinatorDeps }) {
  return async (server: FastifyInstance): Promise<void> => {
    const schema = {
      tags: ['plans'],
      summary: 'What a spec would do, cost and need; writes nothing',
      body: submitBodySchema,
      response: { 200: planSchema, ...errors },
    };
    // The spec is judged by parseSpec, which names every fault with its value and the way out.
    server.withTypeProvider<ZodTypeProvider>().post('/plans', { schema, attachValidation: true }, async (request) => {
      const workers = Math.max(1, await deps.fleet.workers());
      return planWithAdvice({ ...deps, workers, embedSample: sampleByFleet(deps) }, parseSpec(request.body));
    });
  };
}
