import { type FailureChoice, failureChoiceSchema, failurePageSchema, pageQuerySchema, progressSchema } from '@reembed/contracts';
import { type EntryChoice, findMigration, loadOwned, parsePointId, progressOf, ReembedError, settleFailures } from '@reembed/core';
import { errors, ofBody } from '../openapi/error-responses.ts';
import { migrationParams, routeGroup } from './route-group.ts';

const tags = ['failures'];

/** Points set aside: list them, try them again, accept that they are missing. */
export const failureRoutes = routeGroup((app, deps) => {
  const listSchema = {
    tags,
    operationId: 'listFailures',
    summary: 'Points set aside, with their reasons',
    params: migrationParams,
    querystring: pageQuerySchema,
    response: { 200: failurePageSchema, ...errors(400, 404, 409) },
  };
  app.get('/migrations/:id/failures', { schema: listSchema }, async (request) => {
    const { id } = await findMigration(deps, request.params.id);
    const { entries, next } = await deps.setAside.page(id, request.query.cursor ?? null, request.query.limit);
    return { failures: [...entries], next };
  });
  for (const [act, operationId, summary] of [
    ['retry', 'retryFailures', 'Forget the failures, so that the next pass tries their points again'],
    ['accept', 'acceptFailures', 'Accept that these points are missing, as long as their payload stays as it is'],
  ] as const) {
    const schema = {
      ...{ tags, operationId, summary, params: migrationParams },
      body: failureChoiceSchema,
      response: { 200: progressSchema, ...errors(404, 409, ...ofBody) },
    };
    app.post(`/migrations/:id/failures/${act}`, { schema }, async (request) => {
      const migration = await loadOwned(deps, request.params.id);
      await settleFailures(deps, migration, act, entryChoice(request.body));
      return progressOf(deps, migration);
    });
  }
});

function entryChoice({ ids, code }: FailureChoice): EntryChoice {
  if (ids !== undefined) return { ids: ids.map(pointId) };
  return code === undefined ? { all: true } : { code };
}

function pointId(text: string) {
  const id = parsePointId(text);
  if (id === null)
    throw new ReembedError('invalid-request', `ids (${JSON.stringify(text)}): is neither a whole number below 2^64 nor a UUID`);
  return id;
}
