import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createReachOut } from '@reembed/embedders';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { createHttpFreezeHook, type HookAccess } from './http-freeze-hook.ts';

const hold = { migration: 'm1', token: 't1', timeoutMs: 5_000 };

function asking(hooks: HookAccess['hooks'] = [], env: HookAccess['env'] = {}) {
  return createHttpFreezeHook({ hooks, env, reachOut: createReachOut({ reach: { hosts: ['127.0.0.1'], hubModels: [] } }) });
}

type Listener = (request: IncomingMessage, response: ServerResponse, body: string) => void;

async function hookThat(listener: Listener) {
  const server = createServer(async (request, response) => listener(request, response, await text(request)));
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
    await expect(asking().hold(hook.url, hold)).resolves.toBeUndefined();
  });

  it.each<[string, Listener, string]>([
    ['a page', (_, response) => response.setHeader('content-type', 'text/html').end('<h1>Log in</h1>'), 'without the token'],
    ['another token', (_, response) => response.end(JSON.stringify({ token: 't0' })), 'without the token'],
    ['a redirect', (_, response) => response.writeHead(302, { location: '/login' }).end(), 'redirected elsewhere'],
    ['an error', (_, response) => response.writeHead(503).end(), 'answered 503'],
    ['an endless answer', (_, response) => response.write('x'.repeat(1_000_000)), 'without the token'],
  ])('a page, a redirect or another token is no hold: %s', async (_, listener, words) => {
    await using hook = await hookThat(listener);
    await expect(asking().hold(hook.url, hold)).rejects.toMatchObject({
      code: 'freeze-failed',
      message: expect.stringContaining(words),
    });
  });

  it('is not asked where the configuration does not allow its host', async () => {
    await using hook = await hookThat((_, response) => response.end(JSON.stringify({ token: 't1' })));
    const asked = createHttpFreezeHook({ hooks: [], env: {}, reachOut: createReachOut({}) }).hold(hook.url, hold);
    await expect(asked).rejects.toMatchObject({ code: 'freeze-failed', message: expect.stringContaining('reach.hosts') });
  });

  it('carries the key that the hook wants, and a signature of every word', async () => {
    const secret = Buffer.from('a secret of some length').toString('base64');
    const seen: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
    await using hook = await hookThat((request, response, body) => {
      seen.push({ headers: request.headers, body });
      response.end(JSON.stringify({ token: 't1' }));
    });
    const config = { url: hook.url, apiKeyEnv: 'HOOK_KEY', header: 'x-api-key', signWithEnv: 'HOOK_SECRET' };
    const asked = asking([config], { HOOK_KEY: 'the key of the hook\n', HOOK_SECRET: secret });
    await asked.hold(hook.url, hold);
    await asked.release(hook.url, hold);
    expect(seen.map(({ headers }) => headers['x-api-key'])).toEqual(['the key of the hook', 'the key of the hook']);
    const read = ({ headers, body }: (typeof seen)[number]) => new Webhook(secret).verify(body, headers as Record<string, string>);
    expect(seen.map(read)).toMatchObject([{ action: 'hold' }, { action: 'release' }]);
    expect(() =>
      new Webhook(Buffer.from('another').toString('base64')).verify(seen[0]?.body ?? '', seen[0]?.headers as Record<string, string>),
    ).toThrow();
  });

  it.each([
    [{ apiKeyEnv: 'HOOK_KEY', signWithEnv: null }, {}, 'HOOK_KEY, which freezeHooks in reembed.config.yaml names, is not set'],
    [{ apiKeyEnv: null, signWithEnv: 'HOOK_SECRET' }, { HOOK_SECRET: '%%%' }, 'the secret in HOOK_SECRET is no base64'],
  ])('is not asked without what it wants: %j', async (config, env, words) => {
    const url = 'http://127.0.0.1:1/freeze';
    await expect(asking([{ url, header: null, ...config }], env).hold(url, hold)).rejects.toMatchObject({
      code: 'freeze-failed',
      message: expect.stringContaining(words),
    });
  });
});
