import { lateWritePageSchema, lateWriteWordSchema, migrationViewSchema, pageQuerySchema } from '@reembed/contracts';
import { listLateWrites, loadMigration, settleLateWrites, viewOf } from '@reembed/core';
import { z } from 'zod';
import { errors, ofBody } from '../openapi/error-responses.ts';
import { migrationParams, routeGroup } from './route-group.ts';

const tags = ['late writes'];
/** Its cursor is a position in the list. */
const query = pageQuerySchema.extend({
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'is not the `next` of a page; leave it out for the first')
    .default('0')
    .meta({ description: 'The `next` of the page before; without it, the first page.' }),
});

/** Writes that came to the old collection while the alias moved: list them, insert what is missing, or accept them. */
export const lateWriteRoutes = routeGroup((app, deps) => {
  const listSchema = {
    tags,
    operationId: 'listLateWrites',
    summary: 'Writes that came late, by id',
    params: migrationParams,
    querystring: query,
    response: { 200: lateWritePageSchema, ...errors(400, 404) },
  };
  app.get('/migrations/:id/late-writes', { schema: listSchema }, async (request) => {
    const [from, limit] = [Number(request.query.cursor), request.query.limit];
    const found = await listLateWrites(deps.ranges, await loadMigration(deps, request.params.id), from, limit);
    return { lateWrites: [...found], next: found.length < limit ? null : String(from + limit) };
  });
  const actSchema = {
    tags,
    operationId: 'settleLateWrites',
    summary: 'Insert what the target misses, or accept all as they are',
    params: migrationParams,
    body: lateWriteWordSchema,
    response: { 202: migrationViewSchema, ...errors(404, 409, ...ofBody) },
  };
  app.post('/migrations/:id/late-writes', { schema: actSchema, config: { act: 'settle late writes of' } }, async (request, reply) => {
    const migration = await settleLateWrites(deps, request.params.id, request.body.act);
    return reply.status(202).send(await viewOf(deps, migration));
  });
});
