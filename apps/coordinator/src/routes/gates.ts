import { compareBodySchema, compareReplySchema, reportSchema } from '@reembed/contracts';
import { compareNow, loadMigration, reportOf } from '@reembed/core';
import { errors, migrationParams, routeGroup } from './route-group.ts';

const tags = ['proof'];

/** What the gates measured, for machines and for people, and both collections asked side by side. */
export const gateRoutes = routeGroup((app, deps) => {
  const compareSchema = {
    tags,
    summary: 'Ask both collections, each by its own search profile',
    params: migrationParams,
    body: compareBodySchema,
    response: { 200: compareReplySchema, ...errors },
  };
  app.post('/migrations/:id/compare', { schema: compareSchema }, async (request) =>
    compareNow(deps, await loadMigration(deps, request.params.id), request.body),
  );
  const reportRoute = { tags, summary: 'The report as JSON', params: migrationParams, response: { 200: reportSchema, ...errors } };
  app.get('/migrations/:id/report', { schema: reportRoute }, async (request) =>
    reportOf(deps, await loadMigration(deps, request.params.id)),
  );
  const pageRoute = { tags, summary: 'The report as one HTML page, for people', params: migrationParams };
  app.get('/migrations/:id/report.html', { schema: pageRoute }, async (request, reply) => {
    // Loaded when somebody asks: the chart library is most of what a coordinator would load to start.
    const { renderReport } = await import('@reembed/report');
    const page = renderReport(await reportOf(deps, await loadMigration(deps, request.params.id)));
    return reply.type('text/html; charset=utf-8').send(page);
  });
});
