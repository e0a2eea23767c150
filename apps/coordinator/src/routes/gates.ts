import { compareBodySchema, compareReplySchema, reportSchema } from '@reembed/contracts';
import { compareFound, findMigration, reportFound } from '@reembed/core';
import { z } from 'zod';
import { errors, ofBody } from '../openapi/error-responses.ts';
import { migrationParams, routeGroup } from './route-group.ts';

const tags = ['proof'];

/** What the gates measured, for machines and for people, and both collections asked side by side. */
export const gateRoutes = routeGroup((app, deps) => {
  const compareSchema = {
    tags,
    operationId: 'compareSearches',
    summary: 'Ask both collections, each by its own search profile',
    params: migrationParams,
    body: compareBodySchema,
    response: { 200: compareReplySchema, ...errors(404, 409, 422, ...ofBody) },
  };
  app.post('/migrations/:id/compare', { schema: compareSchema }, async (request) =>
    compareFound(deps, await findMigration(deps, request.params.id), request.body),
  );
  const reportRoute = {
    ...{ tags, operationId: 'getReport', summary: 'The report as JSON', params: migrationParams },
    response: { 200: reportSchema, ...errors(404, 409) },
  };
  app.get('/migrations/:id/report', { schema: reportRoute }, async (request) =>
    reportFound(deps, await findMigration(deps, request.params.id)),
  );
  const page = { description: 'The page; it loads nothing.', content: { 'text/html': { schema: z.string() } } };
  const pageRoute = {
    ...{ tags, operationId: 'getReportPage', summary: 'The report as one HTML page, for people', params: migrationParams },
    response: { 200: page, ...errors(404, 409) },
  };
  app.get('/migrations/:id/report.html', { schema: pageRoute }, async (request, reply) => {
    // Loaded when somebody asks: the chart library is most of what a coordinator would load to start.
    const { renderReport, pagePolicy } = await import('@reembed/report');
    const report = await reportFound(deps, await findMigration(deps, request.params.id));
    const policy = `${pagePolicy}; frame-ancestors 'none'`;
    return reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(renderReport(report));
  });
});
