import { once } from 'node:events';
import { access, constants, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReembedError } from '@reembed/core';
import { type GuardedProcess, startGuarded } from './guarded-process.ts';

/** A Redis that ends with this process, and when it is told to. */
export type RedisProcess = AsyncDisposable & {
  readonly url: string;
  /** Harmless when repeated. */
  stop(): Promise<void>;
};

export type StartRedisOptions = {
  /** Default: the first on the PATH. */
  readonly binary?: string;
  /** Where it keeps its data; made where it does not exist, and kept. Default: a temporary directory, removed at the end. */
  readonly dir?: string;
  /** 0 or nothing: a free one. */
  readonly port?: number;
  /** Whether writes go to disk, once a second. */
  readonly appendOnly?: boolean;
};

/** Starts a Redis of our own on the loopback interface. Throws ReembedError `redis-unreachable`. */
export async function startRedis(options: StartRedisOptions = {}): Promise<RedisProcess> {
  const binary = options.binary ?? (await findRedis());
  if (binary === null) throw new ReembedError('redis-unreachable', 'there is no redis-server or valkey-server on the PATH');
  if (options.dir !== undefined) {
    await mkdir(options.dir, { recursive: true });
    await waitUntilUnused(options.dir);
  }
  const { port, guarded } = await launch(binary, options);
  if (options.dir !== undefined) await writeFile(join(options.dir, portFile), String(port));
  return redisProcess(`redis://127.0.0.1:${port}`, guarded);
}

/** The first of `redis-server` and `valkey-server` on the PATH, as an absolute path; null where there is neither. */
export async function findRedis(path: string = process.env.PATH ?? ''): Promise<string | null> {
  for (const name of ['redis-server', 'valkey-server']) {
    const found = await findCommand(name, path);
    if (found !== null) return found;
  }
  return null;
}

/** A command on the PATH as an absolute path, or null. */
export async function findCommand(name: string, path: string): Promise<string | null> {
  for (const dir of path.split(delimiter).filter((entry) => entry !== '')) {
    const file = join(dir, name);
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return file;
  }
  return null;
}

/** A guarded Redis as its users see it. */
export function redisProcess(url: string, guarded: GuardedProcess): RedisProcess {
  return { url, stop: guarded.stop, [Symbol.asyncDispose]: guarded.stop };
}

/** A free port can be taken by somebody else before Redis binds it, so a few are tried. */
async function launch(binary: string, options: StartRedisOptions): Promise<{ port: number; guarded: GuardedProcess }> {
  const wanted = options.port ?? 0;
  let said = '';
  for (let attempt = 0; attempt < (wanted === 0 ? 5 : 1); attempt++) {
    const port = wanted === 0 ? await freePort() : wanted;
    const temporary = options.dir === undefined ? await mkdtemp(join(tmpdir(), 'reembed-redis-')) : null;
    const dir = options.dir ?? temporary ?? tmpdir();
    const guarded = startGuarded(binary, settings(port, dir, options.appendOnly ?? true), temporary);
    const failure = await untilAnswers(port, guarded, 60_000);
    if (failure === null) return { port, guarded };
    await guarded.stop();
    said = failure;
  }
  throw new ReembedError('redis-unreachable', `${binary} did not start: ${said}`);
}

function settings(port: number, dir: string, appendOnly: boolean): string[] {
  const network = ['--port', `${port}`, '--bind', '127.0.0.1', '--daemonize', 'no'];
  const storage = ['--dir', dir, '--save', '', '--appendonly', appendOnly ? 'yes' : 'no', '--appendfsync', 'everysec'];
  return [...network, ...storage, '--maxmemory-policy', 'noeviction'];
}

/** Null as soon as Redis answers; else why it does not. Loading a large file takes its time, so the wait is long. */
export async function untilAnswers(port: number, guarded: GuardedProcess, timeoutMs: number): Promise<string | null> {
  let failure: string | null = null;
  void guarded.ended.then((said) => {
    failure = said === '' ? 'it ended without a word' : said;
  });
  for (const started = performance.now(); failure === null; await sleep(20)) {
    if (await answersPing(port)) return failure;
    if (performance.now() - started > timeoutMs) return `no answer within ${timeoutMs / 1000} s`;
  }
  return failure;
}

const portFile = 'reembed.port';

/**
 * Two servers on one append-only file would destroy it, and Redis does not look. One that is just ending, because the process that
 * started it was killed, is waited for.
 */
async function waitUntilUnused(dir: string): Promise<void> {
  const port = Number.parseInt(await readFile(join(dir, portFile), 'utf8').catch(() => ''), 10);
  if (Number.isNaN(port)) return;
  for (const started = performance.now(); await answersPing(port); await sleep(50)) {
    if (performance.now() - started < 6_000) continue;
    throw new ReembedError('redis-unreachable', `another reembed uses ${dir}: its Redis answers on port ${port}; stop it or set REDIS_URL`);
  }
}

async function answersPing(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(1_000, () => socket.destroy(new Error('no answer')));
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [reply] = await once(socket, 'data');
    return String(reply).startsWith('+PONG');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
}
