import { lateWritePageSchema, lateWriteWordSchema, migrationViewSchema, pageQuerySchema } from '@reembed/contracts';
import { findMigration, settleLateWrites, viewOf } from '@reembed/core';
import { errors, ofBody } from '../openapi/error-responses.ts';
import { migrationParams, routeGroup } from './route-group.ts';

const tags = ['late writes'];
/** Writes that came to the old collection while the alias moved: list them, insert what is missing, or accept them. */
export const lateWriteRoutes = routeGroup((app, deps) => {
  const listSchema = {
    tags,
    operationId: 'listLateWrites',
    summary: 'Writes that came late, by id',
    params: migrationParams,
    querystring: pageQuerySchema,
    response: { 200: lateWritePageSchema, ...errors(400, 404, 409) },
  };
  app.get('/migrations/:id/late-writes', { schema: listSchema }, async (request) => {
    const { id } = await findMigration(deps, request.params.id);
    const { lateWrites, next } = await deps.lateWrites.page(id, request.query.cursor ?? null, request.query.limit);
    return { lateWrites: [...lateWrites], next };
  });
  const actSchema = {
    tags,
    operationId: 'settleLateWrites',
    summary: 'Insert what the target misses, or accept all as they are',
    params: migrationParams,
    body: lateWriteWordSchema,
    response: { 202: migrationViewSchema, ...errors(404, 409, ...ofBody) },
  };
  app.post('/migrations/:id/late-writes', { schema: actSchema }, async (request, reply) => {
    const migration = await settleLateWrites(deps, request.params.id, request.body.act);
    return reply.status(202).send(await viewOf(deps, migration));
  });
});
