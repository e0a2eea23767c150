import { describe, expect, it } from 'vitest';
import { silentLog } from '../redis/log.ts';
import { ensureRedis } from './ensure-redis.ts';
import { type Machine, platformOf } from './machine.ts';
import type { RedisProcess } from './start-redis.ts';

type Traits = { has?: boolean; installs?: 'yes' | 'in vain'; docker?: boolean; platform?: ReturnType<Machine['platform']> };

/** A machine that notes what is done to it. */
function machine({ has = false, installs, docker = false, platform = 'other' }: Traits) {
  const acts: string[] = [];
  let found = has ? '/usr/bin/redis-server' : null;
  const redis = (url: string): RedisProcess => ({ url, stop: async () => {}, [Symbol.asyncDispose]: async () => {} });
  const fake: Machine = {
    platform: () => platform,
    findRedis: async () => found,
    async startRedis(options) {
      acts.push(`start ${options.binary} in ${options.dir ?? 'a temporary directory'}`);
      return redis('redis://127.0.0.1:1');
    },
    canInstall: async () => installs !== undefined,
    async install() {
      acts.push('install');
      if (installs === 'yes') found = '/usr/bin/redis-server';
    },
    dockerAnswers: async () => docker,
    async startInDocker() {
      acts.push('docker');
      return redis('redis://127.0.0.1:2');
    },
  };
  return { fake, acts };
}

describe('ensureRedis', () => {
  it('uses a given Redis and touches nothing', async () => {
    const { fake, acts } = machine({ has: true });
    const redis = await ensureRedis({ url: 'redis://example:6379', machine: fake });
    expect([redis.url, redis.origin, acts]).toEqual(['redis://example:6379', 'given', []]);
  });

  it.each<[string, Traits, string, string[]]>([
    ['starts one that is installed', { has: true, installs: 'yes', docker: true }, 'started', ['start /usr/bin/redis-server in /data']],
    ['installs one where it may', { installs: 'yes', docker: true }, 'installed', ['install', 'start /usr/bin/redis-server in /data']],
    ['falls back to docker', { docker: true }, 'docker', ['docker']],
    ['falls back to docker where installing brought nothing', { installs: 'in vain', docker: true }, 'docker', ['install', 'docker']],
  ])('%s', async (_, traits, origin, acts) => {
    const made = machine(traits);
    const redis = await ensureRedis({ dir: '/data', machine: made.fake });
    expect([redis.origin, made.acts]).toEqual([origin, acts]);
  });

  it('says so before it installs', async () => {
    const { fake, acts } = machine({ installs: 'yes' });
    const log = { ...silentLog, info: (_: object, message: string) => acts.push(message) };
    await ensureRedis({ machine: fake, log });
    expect(acts[0]).toContain('apt-get install redis-server');
    expect(acts[1]).toBe('install');
  });

  it.each<[ReturnType<Machine['platform']>, string]>([
    ['macos', 'brew install redis'],
    ['debian', 'sudo apt-get install redis-server'],
    ['fedora', 'sudo dnf install redis'],
    ['windows', 'WSL'],
    ['other', 'package manager'],
  ])('names the command for %s where nothing works', async (platform, advice) => {
    const refused = ensureRedis({ machine: machine({ platform }).fake });
    await expect(refused).rejects.toMatchObject({ code: 'redis-unreachable', message: expect.stringContaining(advice) });
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining('REDIS_URL') });
  });
});

describe('platformOf', () => {
  it.each<[string, NodeJS.Platform, string, ReturnType<Machine['platform']>]>([
    ['macOS', 'darwin', '', 'macos'],
    ['Windows', 'win32', '', 'windows'],
    ['Debian', 'linux', 'NAME="Debian"\nID=debian\nVERSION_ID="12"\n', 'debian'],
    ['Ubuntu', 'linux', 'ID=ubuntu\nID_LIKE=debian\n', 'debian'],
    ['Mint', 'linux', 'ID=linuxmint\nID_LIKE="ubuntu debian"\n', 'debian'],
    ['Rocky', 'linux', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'fedora'],
    ['Alpine', 'linux', 'ID=alpine\n', 'other'],
  ])('knows %s', (_, platform, osRelease, expected) => {
    expect(platformOf(platform, osRelease)).toBe(expected);
  });
});
