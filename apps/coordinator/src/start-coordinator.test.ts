import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { startTestQdrant, startTestRedis, type TestQdrant, type TestRedis } from '@reembed/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let redis: TestRedis;
let qdrant: TestQdrant;
beforeAll(async () => {
  redis = await startTestRedis();
  qdrant = await startTestQdrant();
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
  await qdrant[Symbol.asyncDispose]();
});

const fixture = (name: string) => fileURLToPath(new URL(`../../../packages/embedders/fixtures/${name}`, import.meta.url));

function start(env: Record<string, string>) {
  const { url, prefix } = redis;
  const common = { PATH: process.env.PATH ?? '', REDIS_URL: url, REEMBED_REDIS_PREFIX: prefix, QDRANT_URL: qdrant.url, REEMBED_PORT: '0' };
  const child = fork(new URL('../../../.build/apps/coordinator/src/main.js', import.meta.url), [], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...common, ...env },
  });
  const log = child.stderr === null ? Promise.resolve('') : text(child.stderr);
  const ended = once(child, 'exit').then(([code]) => code as number);
  return { child, log, ended };
}

/** A proxy that refuses everything by saying its headers back. */
async function startEcho() {
  const asked: string[] = [];
  const server = createHttpServer((request, response) => {
    const headers = JSON.stringify(request.headers);
    asked.push(headers);
    response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ status: { error: `refused ${headers}` } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    asked,
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('the coordinator as a process', () => {
  it('answers at the address it tells its parent, and ends on SIGTERM', async () => {
    const { child, ended } = start({});
    const [{ ready }] = (await once(child, 'message')) as [{ ready: string }];
    expect(await (await fetch(`${ready}/readyz`)).json()).toEqual({ qdrant: 'ok', redis: 'ok', workers: 0 });
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('ends where its port is taken, and says so', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { log, ended } = start({ REEMBED_PORT: String(port) });
    expect(await ended).toBe(2);
    expect(await log).toContain(`REEMBED_PORT ${port} is taken by another process`);
    taken.close();
  });

  it('tells no secret that a proxy before Qdrant says back, in no reply, line or document', async () => {
    const secrets = { key: 'qdrant-key-0123', word: 'pass-word-4567', token: 'token-of-coordinator-89' };
    await using echo = await startEcho();
    const { child, log, ended } = start({
      QDRANT_URL: `http://user:${secrets.word}@${echo.host}`,
      QDRANT_API_KEY: secrets.key,
      REEMBED_TOKEN: secrets.token,
    });
    const [{ ready }] = (await once(child, 'message')) as [{ ready: string }];
    const ask = async (path: string, init: RequestInit = {}) => {
      const headers = { authorization: `Bearer ${secrets.token}`, 'content-type': 'application/json' };
      return (await fetch(`${ready}${path}`, { ...init, headers })).text();
    };
    const spec = {
      ...{ name: 'docs', source: { collection: 'docs_v1' }, target: { collection: 'docs_v2', alias: 'docs' } },
      vectors: { '': { embed: { model: 'hash/16', text: '{{body}}' } } },
    };
    const asked = [
      await ask('/readyz'),
      await ask('/v1/plans', { method: 'POST', body: JSON.stringify(spec) }),
      await ask('/v1/migrations', { method: 'POST', body: JSON.stringify(spec) }),
      await ask('/v1/adoptions', { method: 'POST', body: '{"target":"docs_v2"}' }),
      await ask('/v1/migrations/m1/report.html'),
      await ask('/'),
    ];
    child.kill('SIGTERM');
    await ended;
    const told = [...asked, await log].join('\n');
    expect(echo.asked.join()).toContain(secrets.key);
    expect(told).toContain('(secret)');
    for (const secret of [...Object.values(secrets), Buffer.from(`user:${secrets.word}`).toString('base64')])
      expect(told).not.toContain(secret);
  });

  it('serves https where it is given a certificate with its key, and no http beside it', async () => {
    const { child, ended } = start({ REEMBED_TLS_CERT: fixture('tls-certificate.pem'), REEMBED_TLS_KEY: fixture('tls-key.pem') });
    const [{ ready }] = (await once(child, 'message')) as [{ ready: string }];
    expect(ready).toMatch(/^https:/);
    const asked = get(`${ready}/healthz`, { ca: readFileSync(fixture('tls-certificate.pem')), checkServerIdentity: () => undefined });
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    expect(await text(answer)).toBe('{"status":"ok"}');
    await expect(fetch(ready.replace('https:', 'http:'))).rejects.toThrow();
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it.each([
    [{ REEMBED_TLS_CERT: fixture('tls-certificate.pem') }, 'REEMBED_TLS_CERT and REEMBED_TLS_KEY go together'],
    [{ REEMBED_TLS_CERT: fixture('tls-key.pem'), REEMBED_TLS_KEY: fixture('tls-key.pem') }, 'are no certificate in PEM with its key'],
    [{ REEMBED_ACCESS: fixture('nothing.yaml') }, 'the file cannot be read'],
    [{ REEMBED_ACCESS: fixture('tls-key.pem') }, 'is malformed'],
  ])('does not start with %j', async (env, words) => {
    const { log, ended } = start(env);
    expect(await ended).toBe(2);
    expect(await log).toContain(words);
    expect(await log).not.toContain('PRIVATE KEY');
  });

  it('wants a token beyond loopback', async () => {
    const { log, ended } = start({ REEMBED_HOST: '0.0.0.0' });
    expect(await ended).toBe(2);
    expect(await log).toContain('set REEMBED_TOKEN or REEMBED_ACCESS, or listen on 127.0.0.1');
  });
});
