import { autoscaleSchema } from '@reembed/contracts';
import { autoscaleNow } from '@reembed/core';
import { errors } from '../openapi/error-responses.ts';
import { routeGroup } from './route-group.ts';

/** For whatever starts and stops workers: KEDA's `metrics-api` reads `workers`. */
export const autoscaleRoutes = routeGroup((app, deps) => {
  const schema = {
    ...{ tags: ['migrations'], operationId: 'getAutoscale', summary: 'How many workers there is use for, and why no more' },
    response: { 200: autoscaleSchema, ...errors() },
  };
  app.get('/autoscale', { schema }, async () => autoscaleNow(deps));
});
