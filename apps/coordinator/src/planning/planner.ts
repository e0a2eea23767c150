import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Person } from '../people/person.ts';

/** A request whose body is as it came, and of which it is known who asks. */
export type RelayedRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  readonly ip: string;
  readonly person: Person | null;
};

/** An answer as it is sent: its body is the bytes of JSON, with secrets and foreign words taken out. */
export type RelayedAnswer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array };

/**
 * Answers what takes a spec, elsewhere than on the event loop that serves requests, leases and events: parsing and checking a body of megabytes, sampling
 * and planning take as long as somebody likes. Throws `planning-stopped`.
 */
export type Planner = { answer(request: RelayedRequest): Promise<RelayedAnswer>; stop(): Promise<void> };

declare module 'fastify' {
  interface FastifyRequest {
    /** It was answered, and written down as an act, by the planner. */
    isRelayed: boolean;
  }
}

const planned: ReadonlySet<string | undefined> = new Set(['/v1/plans', '/v1/estimates', '/v1/migrations', '/v1/backfills', '/v1/trials']);

/** Whether a request is one of those that a planner answers. */
export function isPlanned({ method, routeOptions }: FastifyRequest): boolean {
  return method === 'POST' && planned.has(routeOptions.url);
}

/** What was looked at before, or is about the connection between two processes. */
const leftOut: ReadonlySet<string> = new Set([
  'origin',
  'sec-fetch-site',
  'authorization',
  'cookie',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'date',
]);

/** Hands what takes a spec to the planner once its body has arrived, and relays what it answers. */
export function relayTo(server: FastifyInstance, planner: Planner): void {
  server.addHook('preValidation', async (request, reply) => {
    if (!isPlanned(request)) return undefined;
    const { url, headers, body, ip, person } = request;
    // Whoever writes down a request that was refused has no use for megabytes.
    request.body = undefined;
    const answer = await planner.answer({ url, headers: kept(headers), body: body instanceof Uint8Array ? body : null, ip, person });
    request.isRelayed = true;
    return reply.status(answer.status).headers(kept(answer.headers)).send(Buffer.from(answer.body));
  });
}

function kept(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const some = Object.entries(headers).filter(([name, value]) => !leftOut.has(name) && value !== undefined);
  return Object.fromEntries(some.map(([name, value]) => [name, String(value)]));
}
