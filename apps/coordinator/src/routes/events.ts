import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { hideSecrets, type MigrationEvent, migrationEventSchema } from '@reembed/contracts';
import { loadMigration, ReembedError } from '@reembed/core';
import { z } from 'zod';
import { errors } from '../openapi/error-responses.ts';
import { migrationParams, routeGroup } from './route-group.ts';

/** How often a stream without news sends a comment, in ms: proxies cut connections that are silent for a minute. */
const heartbeatMs = 15_000;

/** Who follows at once: a connection and a look at Redis every two seconds each, of one process that has other things to do. */
export const mostReaders = 200;

/** What happens to a migration, as it happens. */
export const eventRoutes = routeGroup((app, deps) => {
  const closing = new AbortController();
  let readers = 0;
  app.addHook('preClose', async () => closing.abort());
  const stream = {
    description: 'A stream without end: `event` is the type, `data` one MigrationEvent as JSON, `id` its position.',
    content: { 'text/event-stream': { schema: migrationEventSchema } },
  };
  const eventsSchema = {
    tags: ['migrations'],
    operationId: 'followMigration',
    summary: 'What happens, as server-sent events; Last-Event-ID goes on where a connection broke',
    params: migrationParams,
    headers: z.object({ 'last-event-id': z.string().optional().meta({ description: 'The id of the last event that was seen.' }) }),
    response: { 200: stream, ...errors(400, 404, 409) },
  };
  app.get('/migrations/:id/events', { schema: eventsSchema }, async (request, reply) => {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const { id } = await loadMigration(deps, request.params.id);
    if (readers >= mostReaders)
      throw new ReembedError(
        'too-many-readers',
        `${mostReaders} follow events here, which is the most: GET /v1/migrations/${id} tells how it stands, another coordinator lets follow, or try later`,
      );
    if (gone.signal.aborted) return reply;
    readers++;
    gone.signal.addEventListener('abort', () => readers--, { once: true });
    const signal = AbortSignal.any([gone.signal, closing.signal]);
    const lines = Readable.from(eventLines(deps.events.follow(id, request.headers['last-event-id'] ?? null, signal)));
    // The schema says what an event is; what is sent is text.
    return reply
      .header('content-type', 'text/event-stream')
      .header('cache-control', 'no-store')
      .send(lines as never);
  });
});

/** Events as the lines of `text/event-stream`. The first line is a comment, so that headers are sent at once. */
export async function* eventLines(
  events: AsyncIterable<{ readonly id: string; readonly event: MigrationEvent }>,
  everyMs = heartbeatMs,
): AsyncGenerator<string> {
  yield ': reembed\n\n';
  const iterator = events[Symbol.asyncIterator]();
  for (let next = iterator.next(); ; ) {
    const timer = new AbortController();
    const silence = sleep(everyMs, null, { signal: timer.signal, ref: false }).catch(() => null);
    const news = await Promise.race([next, silence]);
    timer.abort();
    if (news === null) {
      yield ': still here\n\n';
      continue;
    }
    if (news.done) return;
    const { id, event } = news.value;
    yield `id: ${id}\nevent: ${event.type}\ndata: ${hideSecrets(JSON.stringify(event))}\n\n`;
    next = iterator.next();
  }
}
