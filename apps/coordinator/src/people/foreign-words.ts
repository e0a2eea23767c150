import { Readable } from 'node:stream';
import { mayDo, withoutForeignWords } from '@reembed/contracts';
import type { FastifyInstance } from 'fastify';

/**
 * What services that a spec names, and providers, say in their errors goes to admins alone: whoever may write a spec would read by it what answers behind
 * this coordinator. It is in messages that are kept, so it is taken out of whatever is sent: replies, pages, events.
 */
export function keepForeignWords(server: FastifyInstance): void {
  server.addHook('onSend', async ({ person }, reply, payload) => {
    if (person === null || mayDo(person.role, 'admin')) return payload;
    if (typeof payload === 'string') return withoutForeignWords(payload);
    // An event is one piece of the stream, and whole.
    const isEvents = String(reply.getHeader('content-type')).startsWith('text/event-stream');
    return isEvents && payload instanceof Readable ? Readable.from(eachWithout(payload)) : payload;
  });
}

async function* eachWithout(pieces: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const piece of pieces) yield withoutForeignWords(String(piece));
}
