import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { credentials, status } from '@grpc/grpc-js';
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
    call: (body = Buffer.from('x'), signal?: AbortSignal) => sender.call({ path, body, signal, read: (bytes) => bytes }),
    async [Symbol.asyncDispose]() {
      sender.close();
      await stub[Symbol.asyncDispose]();
    },
  };
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

  it('goes by the certificates that Node trusts, and not by what gRPC itself takes for roots', () => {
    using ofGrpc = vi.spyOn(credentials, 'createSsl');
    createGrpcSender({ url: 'https://127.0.0.1:1', requestTimeoutMs: 1_000 }).close();
    expect(ofGrpc).not.toHaveBeenCalled();
  });

  it('offers the server no compression: packing floats costs more than it saves', async () => {
    const offered = Promise.withResolvers<unknown>();
    const server = createHttp2Server();
    server.on('stream', (stream, headers) => {
      offered.resolve(headers['grpc-accept-encoding']);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const sender = createGrpcSender({ url, requestTimeoutMs: 20_000 });
    await expect(sender.call({ path, body: Buffer.from('x'), read: (bytes) => bytes })).rejects.toMatchObject({
      code: 'qdrant-unreachable',
    });
    expect(await offered.promise).toBe('identity');
    sender.close();
    server.close();
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

  it('to where nobody listens, or somebody who speaks no gRPC, is unreachable', async () => {
    const server = createServer((_, reply) => void reply.end('<html>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const call = () => createGrpcSender({ url, requestTimeoutMs: 20_000 }).call({ path, body: Buffer.from('x'), read: (bytes) => bytes });
    await expect(call()).rejects.toMatchObject({ code: 'qdrant-unreachable' });
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    await expect(call()).rejects.toMatchObject({ code: 'qdrant-unreachable', message: expect.stringContaining('ECONNREFUSED') });
  });
});
