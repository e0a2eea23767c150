import { requantizationSchema, requantizeBodySchema } from '@reembed/contracts';
import { type CoordinatorDeps, parseRequantize, requantize } from '@reembed/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { errors } from './shared-schemas.ts';

/** `POST /v1/requantizations`: how vectors of a collection are quantized; nothing is changed without `apply`. */
export function requantizationRoutes({ deps }: { readonly deps: CoordinatorDeps }) {
  return async (server: FastifyInstance): Promise<void> => {
    const schema = {
      tags: ['requantizations'],
      summary: 'Change how vectors are quantized, where they are; ask again until it is done. Without `apply`: what it would do',
      body: requantizeBodySchema,
      response: { 200: requantizationSchema, 202: requantizationSchema, ...errors },
    };
    // The request is judged by parseRequantize, which names every fault with its value and the way out.
    server.withTypeProvider<ZodTypeProvider>().post('/requantizations', { schema, attachValidation: true }, async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const answer = await requantize(deps, parseRequantize(request.body), gone.signal);
      return reply.status(answer.state === 'optimizing' ? 202 : 200).send(answer);
    });
  };
}
