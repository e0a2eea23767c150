import type { CoordinatorDeps } from '@reembed/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';

/** `:id` of `/migrations/:id/…`. */
export const migrationParams = z.object({ id: z.string().meta({ description: 'The id of the migration.' }) });

export type RouteGroup = (deps: CoordinatorDeps) => (server: FastifyInstance) => Promise<void>;

/** Routes that belong together, as a Fastify plugin whose requests have the types of their schemas. */
export function routeGroup(add: (app: ReturnType<typeof withSchemaTypes>, deps: CoordinatorDeps) => void): RouteGroup {
  return (deps) => async (server) => add(withSchemaTypes(server), deps);
}

function withSchemaTypes(server: FastifyInstance) {
  return server.withTypeProvider<ZodTypeProvider>();
}
