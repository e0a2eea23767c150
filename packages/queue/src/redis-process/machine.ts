import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ReembedError } from '@reembed/core';
import { type GuardedProcess, startGuarded } from './guarded-process.ts';
import { findRedis, type RedisProcess, redisProcess, type StartRedisOptions, startRedis, untilAnswers } from './start-redis.ts';

/** What ensureRedis may ask of the machine it runs on. */
export type Machine = {
  platform(): 'macos' | 'debian' | 'fedora' | 'windows' | 'other';
  findRedis(): Promise<string | null>;
  startRedis(options: StartRedisOptions): Promise<RedisProcess>;
  /** Whether `install` may be tried: Debian or Ubuntu, as root. */
  canInstall(): Promise<boolean>;
  install(): Promise<void>;
  /** Whether an engine answers; a `docker` command alone says nothing. */
  dockerAnswers(): Promise<boolean>;
  startInDocker(): Promise<RedisProcess>;
};

const run = promisify(execFile);

export const thisMachine: Machine = {
  platform: () => platformOf(process.platform, readOsRelease()),
  findRedis: () => findRedis(),
  startRedis,
  async canInstall() {
    return process.getuid?.() === 0 && thisMachine.platform() === 'debian' && (await succeeds('apt-get', ['--version']));
  },
  install: installWithApt,
  dockerAnswers: () => succeeds('docker', ['info']),
  startInDocker,
};

/** `osRelease` is the text of /etc/os-release. */
export function platformOf(platform: NodeJS.Platform, osRelease: string): ReturnType<Machine['platform']> {
  if (platform === 'darwin') return 'macos';
  if (platform === 'win32') return 'windows';
  const family = [...osRelease.matchAll(/^ID(?:_LIKE)?=(.*)$/gm)].map((match) => match[1]).join(' ');
  if (/\b(debian|ubuntu)\b/.test(family)) return 'debian';
  if (/\b(fedora|rhel|centos)\b/.test(family)) return 'fedora';
  return 'other';
}

function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}

async function succeeds(command: string, args: string[]): Promise<boolean> {
  return run(command, args, { timeout: 20_000 }).then(
    () => true,
    () => false,
  );
}

/** Leaves no system service running: there was none before. RUNLEVEL=1 keeps Debian from starting one, the rest makes sure. */
async function installWithApt(): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  try {
    await run('apt-get', ['update'], { env, timeout: 300_000 });
    await run('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server'], { env, timeout: 600_000 });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new ReembedError('redis-unreachable', `apt-get could not install redis-server: ${said}`, { cause: error });
  }
  if (!(await succeeds('systemctl', ['disable', '--now', 'redis-server']))) await succeeds('service', ['redis-server', 'stop']);
}

/** The container is removed as it ends; the docker command that is guarded passes its signal on to it. */
async function startInDocker(): Promise<RedisProcess> {
  const name = `reembed-redis-${randomBytes(4).toString('hex')}`;
  const options = ['--rm', '--name', name, '-p', '127.0.0.1::6379'];
  const guarded = startGuarded('docker', ['run', ...options, 'redis:7', 'redis-server', '--save', '', '--maxmemory-policy', 'noeviction']);
  const port = await publishedPort(name, guarded);
  const failure = port === null ? await guarded.ended : await untilAnswers(port, guarded, 60_000);
  if (failure === null) return redisProcess(`redis://127.0.0.1:${port}`, guarded);
  await guarded.stop();
  throw new ReembedError('redis-unreachable', `docker could not run redis:7: ${failure}`);
}

/** The first start pulls the image, which may take minutes. Null where docker gave up. */
async function publishedPort(name: string, guarded: GuardedProcess): Promise<number | null> {
  let ended = false;
  void guarded.ended.then(() => {
    ended = true;
  });
  while (!ended) {
    const shown = await run('docker', ['port', name, '6379/tcp']).catch(() => null);
    const port = /:(\d+)\s*$/m.exec(shown?.stdout ?? '')?.[1];
    if (port !== undefined) return Number(port);
    await sleep(200);
  }
  return null;
}
