import { setTimeout as sleep } from 'node:timers/promises';
import type { MigrationEvent } from '@reembed/contracts';

/** How often a stream without news sends a comment, in ms: proxies cut connections that are silent for a minute. */
const heartbeatMs = 15_000;

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
