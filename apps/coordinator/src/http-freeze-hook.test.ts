import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createHttpFreezeHook } from './http-freeze-hook.ts';

const hold = { migration: 'm1', token: 't1', timeoutMs: 5_000 };

async function hookThat(listener: RequestListener) {
  const server = createServer((request, response) => {
    request.resume().on('end', () => listener(request, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/freeze`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('the freeze hook over HTTP', () => {
  it('takes an answer that repeats the token for a hold', async () => {
    await using hook = await hookThat((_, response) => response.end(JSON.stringify({ token: 't1' })));
    await expect(createHttpFreezeHook().hold(hook.url, hold)).resolves.toBeUndefined();
  });

  it.each<[string, RequestListener, string]>([
    ['a page', (_, response) => response.setHeader('content-type', 'text/html').end('<h1>Log in</h1>'), 'without the token'],
    ['another token', (_, response) => response.end(JSON.stringify({ token: 't0' })), 'without the token'],
    ['a redirect', (_, response) => response.writeHead(302, { location: '/login' }).end(), 'redirected elsewhere'],
    ['an error', (_, response) => response.writeHead(503).end(), 'answered 503'],
    ['an endless answer', (_, response) => response.write('x'.repeat(1_000_000)), 'without the token'],
  ])('a page, a redirect or another token is no hold: %s', async (_, listener, words) => {
    await using hook = await hookThat(listener);
    await expect(createHttpFreezeHook().hold(hook.url, hold)).rejects.toMatchObject({
      code: 'freeze-failed',
      message: expect.stringContaining(words),
    });
  });
});
