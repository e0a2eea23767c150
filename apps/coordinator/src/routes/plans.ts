import { estimateBodySchema, planSchema, pointsEstimateSchema, specSchema } from '@reembed/contracts';
import { estimatePoints, parseSpec, planWithAdvice, sampleByFleet } from '@reembed/core';
import { errors, ofBody } from '../openapi/error-responses.ts';
import { judgedLater } from './judged-later.ts';
import { routeGroup } from './route-group.ts';

/** `POST /v1/plans`: what a spec would do, cost and need; `POST /v1/estimates`: what points would that nobody has yet. Both write nothing. */
export const planRoutes = routeGroup((app, deps) => {
  const schema = {
    tags: ['plans'],
    operationId: 'planMigration',
    summary: 'What a spec would do, cost and need; writes nothing',
    body: specSchema,
    response: { 200: planSchema, ...errors(404, 409, 422, ...ofBody) },
  };
  app.post('/plans', { schema, validatorCompiler: judgedLater }, async (request) => {
    const workers = Math.max(1, await deps.fleet.workers());
    return planWithAdvice({ ...deps, workers, embedSample: sampleByFleet(deps) }, parseSpec(request.body));
  });
  const estimate = {
    tags: ['plans'],
    operationId: 'estimatePoints',
    summary: 'What points would cost and need that nobody has yet; asks no collection',
    body: estimateBodySchema,
    response: { 200: pointsEstimateSchema, ...errors(...ofBody) },
  };
  app.post('/estimates', { schema: estimate }, async (request) =>
    estimatePoints(deps.catalogue, request.body, Math.max(1, await deps.fleet.workers())),
  );
});
