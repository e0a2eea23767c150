import { Readable } from 'node:stream';
import { auditEntrySchema, auditPageSchema, auditQuerySchema } from '@reembed/contracts';
import { type AuditTrail, auditStart, readAudit } from '@reembed/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { errors } from '../openapi/error-responses.ts';

const tags = ['audit'];

/** Lines that are read of the store at once. */
const batch = 500;

/** Who did what: page by page, and as a stream for those who keep such things elsewhere. */
export function auditRoutes(audit: AuditTrail) {
  return async (server: FastifyInstance): Promise<void> => {
    const app = server.withTypeProvider<ZodTypeProvider>();
    const pageSchema = {
      ...{ tags, operationId: 'readAudit', summary: 'Who did what, from where and when; the oldest first' },
      querystring: auditQuerySchema,
      response: { 200: auditPageSchema, ...errors(400) },
    };
    app.get('/audit', { schema: pageSchema }, ({ query }) => readAudit(audit, query));
    const stream = {
      description: 'One line of JSON for each, as it is stored, up to the newest.',
      content: { 'application/x-ndjson': { schema: auditEntrySchema } },
    };
    const exportSchema = {
      ...{ tags, operationId: 'exportAudit', summary: 'The same as lines of JSON, without pages, to be kept elsewhere' },
      querystring: auditQuerySchema.pick({ since: true }),
      response: { 200: stream, ...errors(400) },
    };
    app.get('/audit.ndjson', { schema: exportSchema }, async ({ query }, reply) => {
      // The first page is read before anything is answered: whoever cannot have it hears why.
      const first = await audit.page(auditStart(query.since), batch);
      const lines = Readable.from(allLines(audit, first));
      return reply
        .header('content-type', 'application/x-ndjson')
        .header('cache-control', 'no-store')
        .send(lines as never);
    });
  };
}

async function* allLines(audit: AuditTrail, first: Awaited<ReturnType<AuditTrail['page']>>): AsyncGenerator<string> {
  for (let page = first; ; page = await audit.page(page.next, batch)) {
    if (page.lines.length > 0) yield `${page.lines.join('\n')}\n`;
    if (page.next === null) return;
  }
}
