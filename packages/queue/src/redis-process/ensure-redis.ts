import { ReembedError } from '@reembed/core';
import { type Log, silentLog } from '../redis/log.ts';
import { type Machine, thisMachine } from './machine.ts';
import type { RedisProcess } from './start-redis.ts';

export type EnsureRedisOptions = {
  /** A Redis that is already there. */
  readonly url?: string | undefined;
  /** Where a Redis of our own keeps its data; see startRedis. */
  readonly dir?: string;
  readonly appendOnly?: boolean;
  readonly log?: Log;
  /** What can be found and done on this machine; tests put another in its place. */
  readonly machine?: Machine;
};

export type EnsuredRedis = RedisProcess & { readonly origin: 'given' | 'started' | 'installed' | 'docker' };

/**
 * A Redis to work with: the one of `url`, else a server found on the PATH, else one installed (Debian and Ubuntu, as root), else a
 * container where a Docker engine answers. Throws ReembedError `redis-unreachable`, which names the command that installs one.
 */
export async function ensureRedis(options: EnsureRedisOptions = {}): Promise<EnsuredRedis> {
  const { url, log = silentLog, machine = thisMachine } = options;
  if (url !== undefined && url !== '') return given(url);
  const settings = {
    ...(options.dir === undefined ? {} : { dir: options.dir }),
    ...(options.appendOnly === undefined ? {} : { appendOnly: options.appendOnly }),
  };

  const found = await machine.findRedis();
  if (found !== null) return { ...(await machine.startRedis({ ...settings, binary: found })), origin: 'started' };

  if (await machine.canInstall()) {
    log.info({}, 'there is no redis-server here: installing it with apt-get install redis-server');
    await machine.install();
    const installed = await machine.findRedis();
    if (installed !== null) return { ...(await machine.startRedis({ ...settings, binary: installed })), origin: 'installed' };
  }

  if (await machine.dockerAnswers()) {
    log.info({}, 'there is no redis-server here: starting the redis:7 image with docker');
    return { ...(await machine.startInDocker()), origin: 'docker' };
  }
  throw new ReembedError('redis-unreachable', `there is no Redis: ${advice(machine.platform())}; or set REDIS_URL to one that runs`);
}

function given(url: string): EnsuredRedis {
  const stop = async () => {};
  return { url, origin: 'given', stop, [Symbol.asyncDispose]: stop };
}

function advice(platform: ReturnType<Machine['platform']>): string {
  switch (platform) {
    case 'macos':
      return 'install it with `brew install redis`';
    case 'debian':
      return 'install it with `sudo apt-get install redis-server`';
    case 'fedora':
      return 'install it with `sudo dnf install redis` (newer releases: valkey)';
    case 'windows':
      return 'run reembed inside WSL (`wsl --install`) and there `sudo apt-get install redis-server`, or start Docker Desktop';
    case 'other':
      return 'install redis-server or valkey-server with your package manager';
  }
}
