import type { MigrationEvent } from '@reembed/contracts';

/** Events as the lines of `text/event-stream`. The first line is a comment, so that headers are sent at once. */
export async function* eventLines(events: AsyncIterable<{ readonly id: string; readonly event: MigrationEvent }>): AsyncGenerator<string> {
  yield ': reembed\n\n';
  for await (const { id, event } of events) yield `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
