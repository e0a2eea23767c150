import { viewOf } from '@reembed/core';
import { z } from 'zod';
import { errors } from '../openapi/error-responses.ts';
import { overviewPolicy, renderOverview } from './overview-page.ts';
import { pageOf } from './page-of.ts';
import { routeGroup } from './route-group.ts';

/** Migrations on the page: each costs some questions to Redis and Qdrant. */
const shown = 50;

/** `/`: what runs, for people who only have the address. */
export const overviewRoutes = routeGroup((app, deps) => {
  const page = { description: 'The page; it loads nothing.', content: { 'text/html': { schema: z.string() } } };
  const schema = {
    ...{ tags: ['migrations'], operationId: 'getOverview', summary: 'What runs, as one HTML page, for people' },
    response: { 200: page, ...errors() },
  };
  app.get('/', { schema }, async (_request, reply) => {
    const { fleet, deadLetters } = deps;
    const [all, unreadable, workers, dead] = await Promise.all([
      deps.migrations.list(),
      deps.migrations.unreadable(),
      fleet.workers(),
      deadLetters.list(),
    ]);
    const { page: newest, next } = pageOf(all, undefined, shown);
    const migrations = await Promise.all(newest.map((migration) => viewOf(deps, migration)));
    const overview = renderOverview({ migrations, unreadable, more: next !== null, workers, deadLetters: dead.length });
    return reply.type('text/html; charset=utf-8').header('content-security-policy', overviewPolicy).send(overview);
  });
});
