import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { quoteForeign, withoutForeignWords } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { createQdrantCollections } from './qdrant-collections.ts';
import { createQdrantPoints } from './qdrant-points.ts';

const apiKey = 'a-very-secret-key';
const patientMs = 60_000;
const id = { kind: 'integer', id: '1' } as const;

/** A server that answers as it is told, for what no real one can be made to say. */
async function startStub(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

type Target = { url: string; requestTimeoutMs?: number; signal?: AbortSignal };

/** One request of each adapter: the official client's, a read and a write of the data path. */
const requests: [string, (target: Target) => Promise<unknown>][] = [
  ['Collections', ({ url, requestTimeoutMs = patientMs }) => createQdrantCollections({ url, apiKey, requestTimeoutMs }).count('docs')],
  [
    'Points.scroll',
    ({ url, requestTimeoutMs = patientMs, signal }) =>
      createQdrantPoints({ url, apiKey, requestTimeoutMs, connections: 1 }).scrollIds('docs', { offset: null, limit: 1, signal }),
  ],
  [
    'Points.insertOnly',
    ({ url, requestTimeoutMs = patientMs, signal }) =>
      createQdrantPoints({ url, apiKey, requestTimeoutMs, connections: 1 }).insertOnly(
        'docs',
        [{ id, payload: '{}', vectors: {} }],
        signal,
      ),
  ],
];
const abortable = requests.filter(([name]) => name.startsWith('Points'));

function answerWith(status: number, body: string, headers: Record<string, string> = {}): RequestListener {
  return (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  };
}

function qdrantError(words: string): string {
  return JSON.stringify({ status: { error: words }, time: 0.1 });
}

describe.each(requests)('%s', (_name, request) => {
  it.each([200, 404])('a web page with status %d is no answer of Qdrant, and says nothing of collections', async (status) => {
    const page = '<!doctype html><html><head><title>Sign in\n please</title></head><body>…</body></html>';
    await using stub = await startStub(answerWith(status, page, { 'content-type': 'text/html' }));
    const error: Error = await request(stub).then(
      () => expect.unreachable(),
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({
      code: 'qdrant-unreachable',
      message: expect.stringMatching(/is the URL right, and does a proxy stand before it\?/i),
    });
    expect(error.message).not.toMatch(/<|JSON|token|SyntaxError/i);
    if (status === 404) expect(error.message).toContain(quoteForeign('Sign in please'));
  });

  it('what does not speak HTTP may be the gRPC port', async () => {
    const server = createNetServer((socket) => socket.on('error', () => {}).write(Buffer.from([0, 0, 18, 4, 0, 0, 0, 0, 0])));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const refused = { code: 'qdrant-unreachable', message: expect.stringContaining('does not speak HTTP. Is it the gRPC port, 6334?') };
    await expect(request({ url: `http://127.0.0.1:${port}` })).rejects.toMatchObject(refused);
    server.close();
  });

  it.each([
    [400, 'Wrong input: Vector dimension error: expected dim: 2, got 3', 'qdrant-refused', 'never'],
    [400, 'Wrong input: Vector `new` already exists with a different configuration', 'qdrant-conflict', 'never'],
    [400, 'Limit exceeded 3 > 2 for "upsert limit". Help: Reduce it.', 'qdrant-too-large', 'never'],
    [400, 'Limit exceeded 10 > 3 for "limit". Help: Reduce it.', 'qdrant-too-large', 'never'],
    [400, 'Index required but not found for "k" of one of the following types: [integer].', 'qdrant-refused', 'never'],
    [401, 'Must provide an API key', 'qdrant-unauthorized', 'never'],
    [403, 'Forbidden', 'qdrant-unauthorized', 'never'],
    [404, "Not found: Collection `docs` doesn't exist!", 'qdrant-not-found', 'never'],
    [408, 'Timeout error: Operation timed out', 'qdrant-unreachable', 'later'],
    [409, 'Wrong input: Collection `docs` already exists!', 'qdrant-conflict', 'never'],
    [413, 'Payload too large', 'qdrant-too-large', 'never'],
    [422, 'Validation error in JSON body', 'qdrant-refused', 'never'],
    [500, 'Service internal error: No space left on device', 'qdrant-unreachable', 'later'],
    [507, 'Insufficient storage', 'qdrant-unreachable', 'later'],
  ])("answers %i %s with %s, keeping the server's words for admins", async (status, words, code, retry) => {
    await using stub = await startStub(answerWith(status, qdrantError(words)));
    const error = await request(stub).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'ReembedError', code, retry, message: expect.stringContaining(quoteForeign(words)) });
    expect(withoutForeignWords(String(error))).not.toContain(words.replace(/"/g, "'"));
    expect(error).toMatchObject({ message: expect.stringMatching(/(POST|PUT) \/collections\/docs\/points/) });
  });

  it.each([
    [{ 'retry-after': '30' }, 30_000, 30_000],
    [{ 'retry-after': new Date(Date.now() + 300_000).toUTCString() }, 200_000, 300_000],
    [{ 'retry-after': '86400' }, 600_000, 600_000],
    [{}, undefined, undefined],
  ])('takes a 429 with %j for a pause', async (headers, atLeast, atMost) => {
    await using stub = await startStub(answerWith(429, qdrantError('Rate limiting exceeded'), headers));
    const error = (await request(stub).catch((thrown: unknown) => thrown)) as { retryAfterMs?: number };
    expect(error).toMatchObject({ code: 'qdrant-unreachable', retry: 'later', message: expect.stringContaining('Rate limiting exceeded') });
    if (atLeast === undefined) expect(error.retryAfterMs).toBeUndefined();
    else {
      expect(error.retryAfterMs).toBeGreaterThanOrEqual(atLeast);
      expect(error.retryAfterMs).toBeLessThanOrEqual(atMost);
    }
  });

  it('takes a 503 of a proxy for a pause, with what it said and asked for', async () => {
    await using stub = await startStub(answerWith(503, '<h1>Unavailable</h1>', { 'content-type': 'text/html', 'retry-after': '2' }));
    await expect(request(stub)).rejects.toMatchObject({ code: 'qdrant-unreachable', retryAfterMs: 2_000, message: /<h1>Unavailable/ });
  });

  it('takes a page that is not Qdrant for an unreachable Qdrant', async () => {
    await using stub = await startStub(answerWith(200, '<html>welcome</html>', { 'content-type': 'text/html' }));
    await expect(request(stub)).rejects.toMatchObject({ code: 'qdrant-unreachable', message: expect.stringContaining('Is the URL right') });
  });

  it('says that a refused connection may be a wrong URL', async () => {
    const stub = await startStub(answerWith(200, ''));
    await stub[Symbol.asyncDispose]();
    const refused = { code: 'qdrant-unreachable', retry: 'later', message: expect.stringMatching(`${stub.url}.*ECONNREFUSED`) };
    await expect(request(stub)).rejects.toMatchObject(refused);
  });

  it('takes a connection that breaks before or amid the answer for an unreachable Qdrant', async () => {
    await using before = await startStub((incoming) => incoming.socket.destroy());
    await expect(request(before)).rejects.toMatchObject({ code: 'qdrant-unreachable', retry: 'later' });
    await using amid = await startStub((incoming, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"result"', () => incoming.socket.destroy());
    });
    await expect(request(amid)).rejects.toMatchObject({ code: 'qdrant-unreachable', retry: 'later' });
  });

  it.each(['headers', 'body'])('cancels a request whose %s do not come in time', async (missing) => {
    const closed = Promise.withResolvers<void>();
    await using stub = await startStub((incoming, response) => {
      incoming.socket.once('close', () => closed.resolve());
      if (missing === 'body') response.writeHead(200, { 'content-type': 'application/json' }).write('{');
    });
    const late = { code: 'qdrant-unreachable', retry: 'later', message: expect.stringContaining('no answer within 50 ms') };
    await expect(request({ ...stub, requestTimeoutMs: 50 })).rejects.toMatchObject(late);
    await closed.promise;
  });

  it('sends the API key and never says it', async () => {
    let sent: string | string[] | undefined;
    await using stub = await startStub((incoming, response) => {
      sent = incoming.headers['api-key'];
      answerWith(403, qdrantError('Forbidden'))(incoming, response);
    });
    const error = await request(stub).catch((thrown: unknown) => thrown);
    expect(sent).toBe(apiKey);
    expect(error).toMatchObject({ message: expect.stringContaining('QDRANT_API_KEY') });
    expect(String(error)).not.toContain(apiKey);
  });

  it('keeps a path prefix of the URL', async () => {
    let path: string | undefined;
    await using stub = await startStub((incoming, response) => {
      path = incoming.url;
      answerWith(404, '')(incoming, response);
    });
    await expect(request({ url: `${stub.url}/behind/proxy/` })).rejects.toMatchObject({ code: 'qdrant-not-found' });
    expect(path).toMatch(/^\/behind\/proxy\/collections\/docs\/points/);
  });
});

describe.each(abortable)('%s', (_name, request) => {
  it("throws the signal's reason from a request under way, and cancels it", async () => {
    const arrived = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    await using stub = await startStub((incoming) => {
      incoming.socket.once('close', () => closed.resolve());
      arrived.resolve();
    });
    const controller = new AbortController();
    const pending = request({ ...stub, signal: controller.signal });
    await arrived.promise;
    const reason = { why: 'shutting down' };
    controller.abort(reason);
    await expect(pending).rejects.toBe(reason);
    await closed.promise;
  });
});

describe('flush', () => {
  it('is not satisfied with a write that is only accepted', async () => {
    await using stub = await startStub(answerWith(200, '{"result":{"operation_id":7,"status":"acknowledged"},"status":"ok"}'));
    const flushed = createQdrantCollections({ url: stub.url, requestTimeoutMs: patientMs }).flush('docs');
    await expect(flushed).rejects.toMatchObject({ code: 'qdrant-unreachable', message: expect.stringContaining('acknowledged') });
  });
});

describe('a bug', () => {
  it('comes back as it is', async () => {
    const collections = createQdrantCollections({ url: 'http://127.0.0.1:1', requestTimeoutMs: patientMs });
    const loop: Record<string, unknown> = {};
    loop.itself = loop;
    await expect(collections.patch('docs', loop)).rejects.toBeInstanceOf(TypeError);
  });
});
