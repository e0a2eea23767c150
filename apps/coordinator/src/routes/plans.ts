import { planSchema, specSchema } from '@reembed/contracts';
import { parseSpec, planWithAdvice, sampleByFleet } from '@reembed/core';
import { errors, ofBody } from '../openapi/error-responses.ts';
import { routeGroup } from './route-group.ts';

/** `POST /v1/plans`: what a spec would do, cost and need. Writes nothing. */
export const planRoutes = routeGroup((app, deps) => {
  const schema = {
    tags: ['plans'],
    operationId: 'planMigration',
    summary: 'What a spec would do, cost and need; writes nothing',
    body: specSchema,
    response: { 200: planSchema, ...errors(404, 409, 422, ...ofBody) },
  };
  // The spec is judged by parseSpec, which names every fault with its value and the way out.
  app.post('/plans', { schema, attachValidation: true }, async (request) => {
    const workers = Math.max(1, await deps.fleet.workers());
    return planWithAdvice({ ...deps, workers, embedSample: sampleByFleet(deps) }, parseSpec(request.body));
  });
});
