import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MigrationEvent } from '@reembed/contracts';
import { loadMigration } from '@reembed/core';
import { z } from 'zod';
import { migrationParams, routeGroup } from './route-group.ts';

/** How often a stream without news sends a comment, in ms: proxies cut connections that are silent for a minute. */
const heartbeatMs = 15_000;

/** What happens to a migration, as it happens. */
export const eventRoutes = routeGroup((app, deps) => {
  const closing = new AbortController();
  app.addHook('preClose', async () => closing.abort());
  const eventsSchema = {
    tags: ['migrations'],
    summary: 'What happens, as server-sent events; Last-Event-ID goes on where a connection broke',
    params: migrationParams,
    headers: z.object({ 'last-event-id': z.string().optional() }),
  };
  app.get('/migrations/:id/events', { schema: eventsSchema }, async (request, reply) => {
    const { id } = await loadMigration(deps, request.params.id);
    const gone = new AbortController();
    request.raw.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, closing.signal]);
    const lines = Readable.from(eventLines(deps.events.follow(id, request.headers['last-event-id'] ?? null, signal)));
    return reply.header('content-type', 'text/event-stream').header('cache-control', 'no-store').send(lines);
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
    yield `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
    next = iterator.next();
  }
}
