import { within, withSpan } from '@reembed/process/spans';
import type { FastifyInstance } from 'fastify';

/** Every request to the API is a span, of the caller's trace where its headers name one. Before the routes, which it stands around. */
export function traceRequests(server: FastifyInstance): void {
  server.addHook('onRoute', (route) => {
    if (!route.url.startsWith('/v1/')) return;
    const { handler } = route;
    route.handler = function (request, reply) {
      const attributes = { 'http.request.method': request.method, 'http.route': route.url };
      const answer = async () => handler.call(this, request, reply);
      return within(request.headers, () => withSpan(`${request.method} ${route.url}`, { kind: 'server', attributes }, answer));
    };
  });
}
