import Fastify, { type FastifyReply } from 'fastify';

/** What the stub does wrong, once each. */
export type TextServiceFault =
  | { readonly kind: 'status'; readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  /** Never answers; `body`: after half of the body. */
  | { readonly kind: 'hung'; readonly after?: 'body' }
  | { readonly kind: 'dropped' }
  /** Answers 200 with this. */
  | { readonly kind: 'answer'; readonly body: string };

export type StubTextService = AsyncDisposable & {
  readonly url: string;
  /** Every request: the ids it asked for, its headers, and the status it was answered with; null: none. */
  readonly log: readonly { readonly ids: readonly string[]; readonly headers: Readonly<Record<string, unknown>>; status: number | null }[];
  /** The next requests meet these faults, one each. */
  script(...faults: readonly TextServiceFault[]): void;
};

/** A service as `source.textFrom.url` asks it. `textOf`: a string, fields, or undefined for nothing. */
export async function startStubTextService(textOf: (id: string) => unknown): Promise<StubTextService> {
  const log: { ids: string[]; headers: Record<string, unknown>; status: number | null }[] = [];
  const scripted: TextServiceFault[] = [];
  const server = Fastify({ forceCloseConnections: true });
  server.post('/texts', (request, reply) => {
    const { ids } = request.body as { ids: string[] };
    const entry = { ids, headers: { ...request.headers }, status: null as number | null };
    log.push(entry);
    const fault = scripted.shift();
    if (fault?.kind === 'hung' || fault?.kind === 'dropped') return stayDumb(reply, fault);
    entry.status = fault?.kind === 'status' ? fault.status : 200;
    if (fault?.kind === 'answer') return reply.type('application/json').send(fault.body);
    if (fault?.kind === 'status')
      return reply
        .code(fault.status)
        .headers(fault.headers ?? {})
        .send(fault.body ?? '');
    return reply.send({ texts: Object.fromEntries(ids.map((id) => [id, textOf(id)])) });
  });
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url: `${address}/texts`,
    log,
    script: (...faults) => void scripted.push(...faults),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function stayDumb(reply: FastifyReply, fault: Extract<TextServiceFault, { kind: 'hung' | 'dropped' }>) {
  reply.hijack();
  if (fault.kind === 'dropped') reply.raw.destroy();
  else if (fault.after === 'body') reply.raw.writeHead(200, { 'content-type': 'application/json' }).write('{"texts":{');
  return reply;
}
