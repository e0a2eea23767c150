import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isListening } from '@reembed/testkit';
import { expect, it, vi } from 'vitest';
import { connectRedis } from '../redis/connect-redis.ts';
import { findRedis, startRedis } from './start-redis.ts';

const fixture = fileURLToPath(new URL('./start-redis.fixture.ts', import.meta.url));

async function withDir(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'reembed-test-dir-'));
  try {
    await test(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

it('starts a Redis as reembed wants it, on the loopback only, and leaves nothing of it', async () => {
  const server = await startRedis();
  const redis = await connectRedis({ url: server.url });
  const setting = async (name: string) => (await redis.requests.config('GET', name))[1];
  expect(await setting('maxmemory-policy')).toBe('noeviction');
  expect(await setting('appendonly')).toBe('yes');
  expect(await setting('bind')).toBe('127.0.0.1');
  const dir = (await setting('dir')) ?? '';
  await redis.close();
  await server.stop();
  await server.stop();
  expect(await isListening(server.url)).toBe(false);
  await expect(readdir(dir)).rejects.toThrow('ENOENT');
});

it('keeps what was stored where it is given a directory', () =>
  withDir(async (dir) => {
    const first = await startRedis({ dir });
    const writing = await connectRedis({ url: first.url });
    await writing.requests.set('kept', 'yes');
    await writing.close();
    await first.stop();
    await using second = await startRedis({ dir });
    const reading = await connectRedis({ url: second.url });
    expect(await reading.requests.get('kept')).toBe('yes');
    await reading.close();
  }));

it('ends with the process that started it, even when that is killed, and can be started again at once', () =>
  withDir(async (dir) => {
    const child = fork(fixture, [dir]);
    const [url] = await once(child, 'message');
    const redis = await connectRedis({ url: String(url) });
    const pid = Number(/process_id:(\d+)/.exec(await redis.requests.info('server'))?.[1]);
    await redis.close();
    child.kill('SIGKILL');
    await using again = await startRedis({ dir });
    expect(await isListening(again.url)).toBe(true);
    // By its process: another one may listen at its port by now.
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 50_000 });
  }));

it('does not start a second server on a directory that is in use', () =>
  withDir(async (dir) => {
    await using _first = await startRedis({ dir });
    await expect(startRedis({ dir })).rejects.toMatchObject({ code: 'redis-unreachable', message: expect.stringContaining(dir) });
  }));

it('says so when the server does not start', async () => {
  await expect(startRedis({ binary: '/bin/false' })).rejects.toMatchObject({ code: 'redis-unreachable' });
});

it('finds nothing on an empty PATH', async () => {
  expect(await findRedis('')).toBeNull();
  expect(await findRedis('/nowhere')).toBeNull();
  expect(await findRedis()).toMatch(/^\/.*(redis|valkey)-server$/);
});
