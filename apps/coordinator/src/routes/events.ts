import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { hideSecrets, type MigrationEvent, migrationEventSchema } from '@reembed/contracts';
import { loadMigration, ReembedError } from '@reembed/core';
import { z } from 'zod';
import { errors } from '../openapi/error-responses.ts';
import type { AccessSource } from '../people/access-source.ts';
import type { Person } from '../people/person.ts';
import { migrationParams, routeGroup } from './route-group.ts';

/** How often a stream without news sends a comment, in ms: proxies cut connections that are silent for a minute. */
const heartbeatMs = 15_000;

/** Who follows at once: a connection and a look at Redis every two seconds each, of one process that has other things to do. */
export const mostReaders = 200;

/** The longest that Node counts, in ms: 24 days. Whoever follows for so long is asked anew who they are. */
const longestTimerMs = 2 ** 31 - 1;

/** What happens to a migration, as it happens. A stream ends with what its reader signed in with, and when it is said anew who may do what. */
export const eventRoutes = (access: AccessSource) =>
  routeGroup((app, deps) => {
    const following = new Set<AbortController>();
    const endAll = () => {
      for (const reader of following) reader.abort();
    };
    app.addHook('preClose', async () => endAll());
    // They come again where they broke off, and are asked who they are.
    access.onChange(endAll);
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
      if (following.size >= mostReaders)
        throw new ReembedError(
          'too-many-readers',
          `${mostReaders} follow events here, which is the most: GET /v1/migrations/${id} tells how it stands, another coordinator lets follow, or try later`,
        );
      if (gone.signal.aborted) return reply;
      following.add(gone);
      const timer = setTimeout(() => gone.abort(), validMs(request.person, deps.clock.now()));
      gone.signal.addEventListener('abort', () => {
        following.delete(gone);
        clearTimeout(timer);
      });
      const lines = Readable.from(eventLines(deps.events.follow(id, request.headers['last-event-id'] ?? null, gone.signal)));
      // The schema says what an event is; what is sent is text.
      return reply
        .header('content-type', 'text/event-stream')
        .header('cache-control', 'no-store')
        .send(lines as never);
    });
  });

/** How long somebody may follow, in ms. */
function validMs(person: Person | null, now: Date): number {
  const leftMs = person?.until == null ? longestTimerMs : person.until.getTime() - now.getTime();
  return Math.min(Math.max(0, leftMs), longestTimerMs);
}

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
