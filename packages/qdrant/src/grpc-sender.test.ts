import { createServer } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { status } from '@grpc/grpc-js';
import { quoteForeign } from '@reembed/contracts';
import { type StubAnswer, type StubCall, startGrpcStub } from '@reembed/testkit/servers/grpc-stub';
import { describe, expect, it, vi } from 'vitest';
import { createGrpcSender } from './grpc-sender.ts';

const path = '/qdrant.Points/Upsert';

async function open(answer: (call: StubCall) => StubAnswer, more: { readonly apiKey?: string; readonly requestTimeoutMs?: number } = {}) {
  const stub = await startGrpcStub(answer);
  const sender = createGrpcSender({ url: stub.url, requestTimeoutMs: 20_000, ...more });
  return {
    ...stub,
    call: (body = Buffer.from('x'), signal?: AbortSignal) => sender.call({ path, body: [body], signal, read: (bytes) => bytes }),
    send: (body: readonly Uint8Array[]) => sender.call({ path, body, read: (bytes) => bytes }),
    async [Symbol.asyncDispose]() {
      sender.close();
      await stub[Symbol.asyncDispose]();
    },
  };
}

async function urlOf(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server of HTTP/2 that `answer` has speak whatever it likes. */
async function openHttp2(answer: (stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>) => void) {
  const sessions: ServerHttp2Session[] = [];
  // It may be sent more at once than Node lets a session have.
  const server = createHttp2Server({ maxSessionMemory: 1_000 });
  server.on('session', (session) => void sessions.push(session));
  server.on('stream', answer);
  const sender = createGrpcSender({ url: await urlOf(server), requestTimeoutMs: 20_000 });
  return {
    sessions,
    call: (body = Buffer.from('x'), to = path) => sender.call({ path: to, body: [body], read: (bytes) => String(bytes) }),
    async [Symbol.asyncDispose]() {
      sender.close();
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

const framed = (text: string, promised = text.length, packed = 0) =>
  Buffer.concat([Buffer.from([packed, 0, 0, promised >> 8, promised & 0xff]), Buffer.from(text)]);

/** As a server of gRPC answers; null: its last word is missing. */
function reply(stream: ServerHttp2Stream, body: Buffer, status: string | null = '0'): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.once('wantTrailers', () => (status === null ? stream.close() : stream.sendTrailers({ 'grpc-status': status })));
  stream.end(body);
}

/** As a server of gRPC refuses a call: before it has read it. */
function refuse(stream: ServerHttp2Stream, status: string | string[], message = ''): void {
  stream.respond(
    { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': status, 'grpc-message': message },
    { endStream: true },
  );
}

function asHttp(stream: ServerHttp2Stream, status: number, body: string): void {
  stream.respond({ ':status': status, 'content-type': 'text/html' });
  stream.end(body);
}

describe('a call', () => {
  it('takes bytes as they are and brings those of the answer, far beyond the four MiB that gRPC has for a limit', async () => {
    await using on = await open(({ body }) => Buffer.concat([body, body]));
    const body = Buffer.alloc(6 * 2 ** 20, 'page');
    expect((await on.call(body)).equals(Buffer.concat([body, body]))).toBe(true);
  });

  it('carries the key', async () => {
    await using on = await open(() => Buffer.from('y'), { apiKey: 'for-qdrant' });
    await on.call();
    expect(on.calls[0]?.metadata.get('api-key')).toEqual(['for-qdrant']);
  });

  it('offers the server no compression: packing floats costs more than it saves', async () => {
    const offered = Promise.withResolvers<unknown>();
    await using on = await openHttp2((stream, headers) => {
      offered.resolve(headers['grpc-accept-encoding'] ?? 'identity');
      refuse(stream, '12');
    });
    await expect(on.call()).rejects.toMatchObject({ code: 'qdrant-unreachable' });
    expect(await offered.promise).toBe('identity');
  });

  it('sends the parts of a message one after the other', async () => {
    await using on = await open(({ body }) => body);
    expect(String(await on.send([Buffer.from('pa'), new Uint8Array(0), Buffer.from('ge')]))).toBe('page');
  });

  it('that is aborted is cancelled on the server too, and throws the reason', async () => {
    const stop = new AbortController();
    const reached = Promise.withResolvers<StubCall>();
    await using on = await open((call) => {
      reached.resolve(call);
      return new Promise<Buffer>(() => undefined);
    });
    const called = on.call(Buffer.from('x'), stop.signal);
    const { cancelled } = await reached.promise;
    stop.abort(new Error('the range has ended'));
    await expect(called).rejects.toThrow('the range has ended');
    await cancelled;
  });

  it('that is not answered in time is given up, and the server is told so', async () => {
    await using on = await open(() => new Promise<Buffer>(() => undefined), { requestTimeoutMs: 200 });
    await expect(on.call()).rejects.toMatchObject({ code: 'qdrant-unreachable', retry: 'later' });
    await on.calls[0]?.cancelled;
  });

  it.each([
    [status.NOT_FOUND, 'Not found: Collection `reembed.m.1` doesn’t exist!', 'qdrant-not-found'],
    [status.INVALID_ARGUMENT, 'Wrong input: Vector dimension error: expected dim: 4, got 3', 'qdrant-refused'],
    [status.INVALID_ARGUMENT, 'Limit exceeded 256 > 100 for "limit". Help: Reduce the "limit" parameter', 'qdrant-too-large'],
    [status.INVALID_ARGUMENT, 'Wrong input: Collection `docs` already exists!', 'qdrant-conflict'],
    [status.OUT_OF_RANGE, 'Error, decoded message length too large: found 5 bytes, the limit is: 4 bytes', 'qdrant-too-large'],
    [status.RESOURCE_EXHAUSTED, 'grpc: received message larger than max (9 vs. 4)', 'qdrant-too-large'],
    [status.RESOURCE_EXHAUSTED, 'Rate limiting exceeded: Write rate limit exceeded', 'qdrant-unreachable'],
    [status.UNAUTHENTICATED, 'Invalid API key or JWT', 'qdrant-unauthorized'],
    [status.PERMISSION_DENIED, 'Forbidden: Write access is required', 'qdrant-unauthorized'],
    [status.ALREADY_EXISTS, 'Collection exists', 'qdrant-conflict'],
    [status.INTERNAL, 'Service internal error: wal', 'qdrant-unreachable'],
    [status.UNAVAILABLE, 'The following shards are unavailable', 'qdrant-unreachable'],
    [status.DEADLINE_EXCEEDED, 'Timeout of 1s', 'qdrant-unreachable'],
    [status.FAILED_PRECONDITION, 'Collection locked', 'qdrant-unreachable'],
    [status.UNIMPLEMENTED, 'unknown service', 'qdrant-unreachable'],
  ])('that is answered with status %i "%s" fails as %s, in the words of the server', async (code, details, wanted) => {
    await using on = await open(() => ({ code, details }));
    await expect(on.call()).rejects.toMatchObject({ code: wanted, message: expect.stringContaining(quoteForeign(details)) });
  });

  it('that wants fewer requests says after how long', async () => {
    await using on = await open(() => ({ code: status.RESOURCE_EXHAUSTED, details: 'Rate limiting exceeded', retryAfter: '30' }));
    await expect(on.call()).rejects.toMatchObject({ code: 'qdrant-unreachable', retryAfterMs: 30_000 });
  });

  it.each<[string, (stream: ServerHttp2Stream) => void, string]>([
    ['whose last word is missing', (stream) => reply(stream, framed('yes'), null), 'ended before it said how the call went'],
    ['that is cut off', (stream) => reply(stream, framed('ye', 3)), 'an answer that is not Qdrant'],
    ['that is packed', (stream) => reply(stream, framed('yes', 3, 1)), 'an answer that is not Qdrant'],
    ['of nothing', (stream) => reply(stream, Buffer.alloc(0)), 'an answer that is not Qdrant'],
    ['that is broken off', (stream) => stream.close(8), 'before an answer came'],
    ['that is refused', (stream) => stream.close(7), 'NGHTTP2_REFUSED_STREAM'],
    ['with the connection', (stream) => stream.session?.destroy(), ''],
    ['of a proxy that reaches nobody', (stream) => asHttp(stream, 502, '<html><title>Bad Gateway</title>'), 'a web page'],
    ['of a proxy that knows no such page', (stream) => asHttp(stream, 404, 'no such page'), 'HTTP 404; it says: “no such page”'],
    ['of a proxy that says nothing', (stream) => asHttp(stream, 409, ''), 'was answered with HTTP 409'],
    ['that is a page of something else', (stream) => asHttp(stream, 200, '<html>'), 'an answer that is not Qdrant'],
    ['whose status is no number', (stream) => refuse(stream, 'fine'), 'UNKNOWN; it says: “grpc-status fine”'],
    ['whose status only looks like zero', (stream) => refuse(stream, '0x0'), 'UNKNOWN; it says: “grpc-status 0x0”'],
    ['that has two statuses', (stream) => refuse(stream, ['0', '0']), 'UNKNOWN'],
    ['that nobody has a name for', (stream) => refuse(stream, '99', 'what'), 'UNKNOWN; it says: “what”'],
    ['of two messages', (stream) => reply(stream, Buffer.concat([framed('one'), framed('two')])), 'an answer that is not Qdrant'],
  ])('with an answer %s is unreachable, and the next one goes through', async (_, answer, words) => {
    let first = true;
    await using on = await openHttp2((stream) => {
      stream.on('error', () => undefined);
      if (first) answer(stream);
      else reply(stream, framed('yes'));
      first = false;
    });
    await expect(on.call()).rejects.toMatchObject({ code: 'qdrant-unreachable', message: expect.stringContaining(words) });
    for (let i = 0; i < 8; i++) expect(await on.call()).toBe('yes');
  });

  it.each([
    [413, 'qdrant-too-large'],
    [401, 'qdrant-unauthorized'],
    [403, 'qdrant-unauthorized'],
    [429, 'qdrant-unreachable'],
  ])('that a proxy answers with HTTP %i fails as %s, and says that it was no server of gRPC', async (http, code) => {
    await using on = await openHttp2((stream) => asHttp(stream, http, '<html><title>No</title>'));
    await expect(on.call()).rejects.toMatchObject({ code, message: expect.stringContaining(`HTTP ${http}: a web page`) });
  });

  it.each([null, 0, 2, 8, 11])(
    'is refused in the words of a server that has not read it, whatever the stream ends with (%s)',
    async (code) => {
      await using on = await openHttp2((stream) => {
        stream.on('error', () => undefined);
        refuse(stream, '3', 'Wrong input: 100%25 %zz');
        if (code !== null) setImmediate(() => stream.close(code));
      });
      const refused = { code: 'qdrant-refused', message: expect.stringContaining('Wrong input: 100') };
      await expect(on.call(Buffer.alloc(20 * 2 ** 20))).rejects.toMatchObject(refused);
    },
  );

  it('is answered while pages of more than ten MB wait to be read', async () => {
    const waiting: ServerHttp2Stream[] = [];
    await using on = await openHttp2((stream, headers) => {
      stream.on('error', () => undefined);
      if (headers[':path'] === path) waiting.push(stream);
      else reply(stream, framed('yes'));
    });
    const pages = Promise.all(Array.from({ length: 8 }, () => on.call(Buffer.alloc(8 * 2 ** 20))));
    pages.catch(() => undefined);
    for (let i = 0; i < 4; i++) expect(await on.call(Buffer.from('x'), '/qdrant.Qdrant/HealthCheck')).toBe('yes');
    await vi.waitFor(() => expect(waiting).toHaveLength(8), { timeout: 10_000 });
    for (const stream of waiting) stream.once('end', () => reply(stream, framed('yes'))).resume();
    expect(await pages).toEqual(Array(8).fill('yes'));
  });

  it('takes no word from what comes before the answer', async () => {
    await using on = await openHttp2((stream) => {
      stream.additionalHeaders({ ':status': 103, 'grpc-status': '5' });
      reply(stream, framed('yes'));
    });
    expect(await on.call()).toBe('yes');
  });

  it('waits where the server takes one call at a time', async () => {
    let [open, most] = [0, 0];
    await using on = await openHttp2((stream) => {
      most = Math.max(most, ++open);
      stream.once('close', () => open--);
      reply(stream, framed('yes'));
    });
    for (let i = 0; i < 4; i++) await on.call();
    for (const session of on.sessions) await new Promise<void>((resolve) => session.settings({ maxConcurrentStreams: 1 }, () => resolve()));
    expect(await Promise.all(Array.from({ length: 24 }, () => on.call()))).toEqual(Array(24).fill('yes'));
    expect(most).toBeLessThanOrEqual(4);
  });

  it('goes over a new connection once the server has said that it takes no more on the old one', async () => {
    await using on = await openHttp2((stream) => reply(stream, framed('yes')));
    for (let i = 0; i < 4; i++) await on.call();
    const before = on.sessions.length;
    for (const session of on.sessions) session.close();
    for (let i = 0; i < 4; i++) await vi.waitFor(async () => expect(await on.call()).toBe('yes'), { timeout: 10_000 });
    expect(on.sessions.length).toBeGreaterThan(before);
  });

  it('to where a connection is taken and nothing is said is given up in time', async () => {
    const server = createTcpServer(() => undefined);
    const sender = createGrpcSender({ url: await urlOf(server), requestTimeoutMs: 200 });
    await expect(sender.call({ path, body: [], read: () => null })).rejects.toMatchObject({ code: 'qdrant-unreachable', retry: 'later' });
    sender.close();
    server.close();
  });

  it('to where nobody listens, or somebody who speaks no gRPC, is unreachable', async () => {
    const server = createServer((_, reply) => void reply.end('<html>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const call = () => createGrpcSender({ url, requestTimeoutMs: 20_000 }).call({ path, body: [Buffer.from('x')], read: (bytes) => bytes });
    await expect(call()).rejects.toMatchObject({ code: 'qdrant-unreachable' });
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    await expect(call()).rejects.toMatchObject({ code: 'qdrant-unreachable', message: expect.stringContaining('ECONNREFUSED') });
  });
});
