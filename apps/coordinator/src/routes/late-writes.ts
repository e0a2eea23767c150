import { lateWritePageSchema, lateWriteWordSchema, migrationViewSchema } from '@reembed/contracts';
import { listLateWrites, loadMigration, settleLateWrites, viewOf } from '@reembed/core';
import { z } from 'zod';
import { errors, migrationParams, routeGroup } from './route-group.ts';

const tags = ['late writes'];
const query = z.object({
  cursor: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/** Writes that came to the old collection while the alias moved: list them, insert what is missing, or accept them. */
export const lateWriteRoutes = routeGroup((app, deps) => {
  const listSchema = {
    tags,
    summary: 'Writes that came late, by id',
    params: migrationParams,
    querystring: query,
    response: { 200: lateWritePageSchema, ...errors },
  };
  app.get('/migrations/:id/late-writes', { schema: listSchema }, async (request) => {
    const { cursor, limit } = request.query;
    const found = await listLateWrites(deps.ranges, await loadMigration(deps, request.params.id), cursor, limit);
    return { lateWrites: [...found], next: found.length < limit ? null : String(cursor + limit) };
  });
  const actSchema = {
    tags,
    summary: 'Insert what the target misses, or accept all as they are',
    params: migrationParams,
    body: lateWriteWordSchema,
    response: { 202: migrationViewSchema, ...errors },
  };
  app.post('/migrations/:id/late-writes', { schema: actSchema, config: { act: 'settle late writes of' } }, async (request, reply) => {
    const migration = await settleLateWrites(deps, request.params.id, request.body.act);
    return reply.status(202).send(await viewOf(deps, migration));
  });
});
