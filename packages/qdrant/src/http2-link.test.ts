import { once } from 'node:events';
import { createServer as createHttp2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { RequestLimitExceeded } from './connection.ts';
import { createHttp2Link, type Http2Call, type Silence } from './http2-link.ts';

const never = 2 ** 30;
const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));
const patient: Silence = { quietMs: never, pingMs: never };

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A server of HTTP/2 and a link to it. */
async function open(answer: (stream: ServerHttp2Stream) => void, silence: Silence) {
  const sessions: ServerHttp2Session[] = [];
  const server = createHttp2Server();
  server.on('session', (session) => void sessions.push(session));
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    answer(stream);
  });
  const link = createHttp2Link(`http://127.0.0.1:${await portOf(server)}`, silence);
  return {
    link,
    sessions,
    begin: () => begin(link.begin({ ':method': 'POST', ':path': '/' })),
    async [Symbol.asyncDispose]() {
      link.close();
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

/** The call, and the status of its answer: null where there is none. */
function begin(call: Http2Call) {
  let status: unknown = null;
  const ended = new Promise<unknown>((resolve, reject) => {
    call.stream.once('response', (headers) => {
      status = headers[':status'];
    });
    call.stream.once('error', reject);
    call.stream.once('close', () => resolve(status));
  });
  ended.catch(() => undefined);
  call.stream.resume();
  call.stream.end();
  return { ...call, ended };
}

const accept = (stream: ServerHttp2Stream) => stream.respond({ ':status': 200 }, { endStream: true });

/** Takes connections and says nothing; `take` is told of each. */
async function openSilent(take: (socket: Socket) => void) {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined).resume();
    take(socket);
  });
  const port = await portOf(server);
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe('a link', () => {
  it('makes one connection for many calls', async () => {
    await using on = await open(accept, patient);
    expect(await Promise.all(Array.from({ length: 40 }, () => on.begin().ended))).toEqual(Array(40).fill(200));
    expect(on.sessions).toHaveLength(1);
  });

  it.skipIf(!hasIpv6)('names an address of IPv6 as an URL does', async () => {
    const named = Promise.withResolvers<unknown>();
    const server = createHttp2Server((request, reply) => {
      named.resolve(request.authority);
      reply.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '::1', resolve));
    const host = `[::1]:${(server.address() as AddressInfo).port}`;
    const link = createHttp2Link(`http://${host}`, patient);
    expect(await begin(link.begin({ ':path': '/' })).ended).toBe(200);
    expect(await named.promise).toBe(host);
    link.close();
    server.close();
  });

  it('gives up a connection that no call has used for a while, and makes another one for the next', async () => {
    await using on = await open(accept, { quietMs: 20, pingMs: never });
    await on.begin().ended;
    const [first] = on.sessions;
    if (first !== undefined && !first.destroyed) await once(first, 'close');
    expect(await on.begin().ended).toBe(200);
    expect(on.sessions).toHaveLength(2);
  });

  it('asks a server that works for long whether it lives, again and again, and waits for its answer', async () => {
    let pings = 0;
    await using on = await open(
      (stream) =>
        stream.session?.on('ping', () => {
          if (++pings === 3) accept(stream);
        }),
      { quietMs: 20, pingMs: never },
    );
    expect(await on.begin().ended).toBe(200);
    expect(on.sessions).toHaveLength(1);
  });

  it.each(['http', 'https'])(
    'tells its calls that the connection is dead where not even a ping is answered, or %s never comes about',
    async (scheme) => {
      await using silent = await openSilent(() => undefined);
      const link = createHttp2Link(`${scheme}://127.0.0.1:${silent.port}`, { quietMs: 20, pingMs: 20 });
      await expect(begin(link.begin({ ':path': '/' })).ended).rejects.toThrow('the connection is dead: nothing was heard for 20 ms');
      link.close();
    },
  );

  it('goes on over another connection where one is closed by its server while it is asked whether it lives', async () => {
    let first = true;
    await using on = await open(
      (stream) => {
        if (!first) return accept(stream);
        first = false;
        stream.session?.once('ping', () => stream.session?.destroy());
      },
      { quietMs: 20, pingMs: never },
    );
    expect(await on.begin().ended).toBe(null);
    for (let i = 0; i < 3; i++) expect(await on.begin().ended).toBe(200);
  });

  it('has another connection for the calls after one that was not answered in time, and those under way keep theirs', async () => {
    const held: ServerHttp2Stream[] = [];
    await using on = await open((stream) => (on.sessions.length === 1 ? held.push(stream) : accept(stream)), patient);
    const [late, slow] = [on.begin(), on.begin()];
    while (held.length < 2) await new Promise((resolve) => setImmediate(resolve));
    late.cancel(new RequestLimitExceeded(1));
    expect(await late.ended).toBe(null);
    expect(await on.begin().ended).toBe(200);
    const [session] = on.sessions;
    const closed = session === undefined ? Promise.reject(new Error('there was no connection')) : once(session, 'close');
    for (const stream of held) if (!stream.destroyed) accept(stream);
    expect(await slow.ended).toBe(200);
    await closed;
  });

  it('keeps the connection of a call that was cancelled for any other reason', async () => {
    const held: ServerHttp2Stream[] = [];
    await using on = await open((stream) => (held.length === 0 ? held.push(stream) : accept(stream)), patient);
    const call = on.begin();
    while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
    call.cancel(new Error('the range has ended'));
    expect(await call.ended).toBe(null);
    expect(await on.begin().ended).toBe(200);
    expect(on.sessions).toHaveLength(1);
  });

  it('waits no longer for a connection to come about than a call waits for it', async () => {
    const taken = Promise.withResolvers<Socket>();
    await using silent = await openSilent(taken.resolve);
    const link = createHttp2Link(`https://127.0.0.1:${silent.port}`, patient);
    const call = begin(link.begin({ ':path': '/' }));
    const socket = await taken.promise;
    call.cancel(new Error('stopped'));
    await once(socket, 'close');
    expect(await call.ended).toBe(null);
  });

  it('sends nothing of a call that was cancelled before there was a connection', async () => {
    const paths: unknown[] = [];
    await using on = await open((stream) => void paths.push(accept(stream)), patient);
    const [cancelled, other] = [on.begin(), on.begin()];
    cancelled.cancel(new Error('stopped'));
    expect(await cancelled.ended).toBe(null);
    expect(await other.ended).toBe(200);
    expect(paths).toHaveLength(1);
  });

  it('that is closed tells the calls that are under way', async () => {
    const held = Promise.withResolvers<void>();
    await using on = await open(() => held.resolve(), patient);
    const call = on.begin();
    await held.promise;
    on.link.close();
    await expect(call.ended).rejects.toThrow('closed on this side');
  });
});
