import { requantizationSchema, requantizeBodySchema } from '@reembed/contracts';
import { parseRequantize, requantize } from '@reembed/core';
import { errors, ofBody } from '../openapi/error-responses.ts';
import { judgedLater } from './judged-later.ts';
import { routeGroup } from './route-group.ts';

/** `POST /v1/requantizations`: how vectors of a collection are quantized; nothing is changed without `apply`. */
export const requantizationRoutes = routeGroup((app, deps) => {
  const schema = {
    tags: ['requantizations'],
    operationId: 'requantize',
    summary: 'Change how vectors are quantized, where they are; ask again until it is done. Without `apply`: what it would do',
    body: requantizeBodySchema,
    response: { 200: requantizationSchema, 202: requantizationSchema, ...errors(404, 409, 422, ...ofBody) },
  };
  app.post('/requantizations', { schema, validatorCompiler: judgedLater }, async (request, reply) => {
    // Asked again and again until it is done: only the request that changes the collection is an act.
    const collections = {
      ...deps.collections,
      patch: async (...change: Parameters<typeof deps.collections.patch>) => {
        await request.recordAct();
        return deps.collections.patch(...change);
      },
    };
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const answer = await requantize({ ...deps, collections }, parseRequantize(request.body), gone.signal);
    return reply.status(answer.state === 'optimizing' ? 202 : 200).send(answer);
  });
});
