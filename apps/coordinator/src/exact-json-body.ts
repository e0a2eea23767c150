import { parseExactJson } from '@reembed/contracts';
import type { FastifyInstance } from 'fastify';

/** An integer that a number might not hold. */
const longInteger = /\d{16}/;

/** Reads JSON bodies as Fastify does, its guard against prototype poisoning included, and keeps integers past 2^53, which filters hold. */
export function addExactJsonParser(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    void parse(request, String(body), (error, value: unknown) => {
      if (error !== null) done(error);
      else done(null, longInteger.test(String(body)) ? parseExactJson(String(body)) : value);
    });
  });
}
