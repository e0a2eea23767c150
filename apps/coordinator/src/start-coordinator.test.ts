import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
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

  it('wants a token beyond loopback', async () => {
    const { log, ended } = start({ REEMBED_HOST: '0.0.0.0' });
    expect(await ended).toBe(2);
    expect(await log).toContain('set REEMBED_TOKEN, or listen on 127.0.0.1');
  });
});
