import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';
import { freePort } from './ports.ts';

/** A Redis for one test file. Everything it stores must begin with `prefix`, because the server may be shared. */
export type TestRedis = AsyncDisposable & {
  readonly url: string;
  readonly prefix: string;
  /** Whether this process started it. Only then may it be emptied, killed and restarted; those methods throw otherwise. */
  readonly own: boolean;
  flushAll(): Promise<void>;
  /** SIGKILL: what was not yet on disk is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with what is on disk. */
  restart(): Promise<void>;
};

/**
 * The Redis of REEMBED_TEST_REDIS_URL, with a prefix of its own and never flushed, or a `redis-server` started for the test.
 * `own: true` starts one in any case, for tests that kill it. `aof` keeps every write on disk, so that a restart finds it.
 */
export async function startTestRedis(options: { own?: boolean; aof?: boolean } = {}): Promise<TestRedis> {
  const prefix = `{reembed-test-${randomBytes(6).toString('hex')}}`;
  const shared = process.env.REEMBED_TEST_REDIS_URL;
  return shared !== undefined && shared !== '' && options.own !== true
    ? sharedRedis(shared, prefix)
    : ownRedis(prefix, options.aof ?? false);
}

function sharedRedis(url: string, prefix: string): TestRedis {
  const refuse = async () => {
    throw new Error('this Redis was not started by the test: ask for one with `own: true`');
  };
  return {
    url,
    prefix,
    own: false,
    flushAll: refuse,
    kill: refuse,
    restart: refuse,
    async [Symbol.asyncDispose]() {
      await removeKeys(url, prefix);
    },
  };
}

async function ownRedis(prefix: string, aof: boolean): Promise<TestRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'reembed-test-redis-'));
  const port = await freePort();
  const url = urlOf(port);
  let running = await launch(port, dir, aof);
  return {
    url,
    prefix,
    own: true,
    async flushAll() {
      await ask(url, 'FLUSHALL');
    },
    kill: () => end(running),
    async restart() {
      await end(running);
      running = await launch(port, dir, aof);
    },
    async [Symbol.asyncDispose]() {
      await end(running);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function urlOf(port: number): string {
  return `redis://127.0.0.1:${port}`;
}

type Running = { readonly shell: ChildProcess; readonly redisPid: number };

/** The shell outlives nobody: when this process ends, however it ends, its standard input closes and it kills Redis. */
const shellScript = 'redis-server "$@" >/dev/null & echo $!; cat >/dev/null; kill -9 $! 2>/dev/null; wait $!';

async function launch(port: number, dir: string, aof: boolean): Promise<Running> {
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--maxmemory-policy', 'noeviction'];
  const durability = aof ? ['--appendonly', 'yes', '--appendfsync', 'always'] : [];
  const shell = spawn('sh', ['-c', shellScript, 'redis-server', ...settings, ...durability], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const [line] = await once(shell.stdout, 'data');
  const redisPid = Number.parseInt(String(line), 10);
  for (const started = Date.now(); Date.now() - started < 60_000; await sleep(10)) {
    if ((await ask(urlOf(port), 'PING').catch(() => '')).startsWith('+PONG')) return { shell, redisPid };
    if (shell.exitCode !== null) break;
  }
  shell.stdin.end();
  throw new Error('redis-server did not start: is it installed (Debian: apt-get install redis-server)?');
}

async function end({ shell, redisPid }: Running): Promise<void> {
  if (shell.exitCode !== null || shell.signalCode !== null) return;
  const gone = once(shell, 'exit');
  process.kill(redisPid, 'SIGKILL');
  shell.stdin?.end();
  await gone;
}

/** Deletes what the test stored, in one script: it is a few keys. */
async function removeKeys(url: string, prefix: string): Promise<void> {
  const lua =
    "local at = '0' repeat local page = redis.call('SCAN', at, 'MATCH', ARGV[1], 'COUNT', 1000) at = page[1] " +
    "for _, key in ipairs(page[2]) do redis.call('UNLINK', key) end until at == '0'";
  await ask(url, `EVAL "${lua}" 0 "${prefix}*"`);
}

/** One inline command over a connection of its own; answers the first piece of the reply. */
async function ask(url: string, command: string): Promise<string> {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  const to = { host: hostname, port: Number(port || 6379) };
  const secure = protocol === 'rediss:';
  const socket = secure ? tlsConnect({ ...to, servername: hostname }) : connect(to);
  const login = password === '' ? [] : [`AUTH ${username || 'default'} ${decodeURIComponent(password)}`];
  const select = pathname.length > 1 ? [`SELECT ${pathname.slice(1)}`] : [];
  try {
    await once(socket, secure ? 'secureConnect' : 'connect');
    let reply = '';
    for (const line of [...login, ...select, command]) {
      socket.write(`${line}\r\n`);
      const [data] = await once(socket, 'data');
      reply = String(data);
    }
    return reply;
  } finally {
    socket.destroy();
  }
}
