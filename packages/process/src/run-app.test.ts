import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

const fixture = new URL('./app.fixture.ts', import.meta.url);

function start(args: string[], env: Record<string, string> = {}): ChildProcess & { output: Promise<string>; log: Promise<string> } {
  const child = fork(fixture, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { PATH: process.env.PATH ?? '', ...env } });
  const read = (stream: typeof child.stdout) => (stream === null ? Promise.resolve('') : text(stream));
  return Object.assign(child, { output: read(child.stdout), log: read(child.stderr) });
}

const ended = async (child: ChildProcess) => (child.exitCode ?? (await once(child, 'exit'))[0]) as number;

describe('runApp', () => {
  it('tells its parent when it is ready, and stops on SIGTERM', async () => {
    const child = start([]);
    expect((await once(child, 'message'))[0]).toEqual({ ready: 'http://fixture' });
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
    expect(await child.output).toBe('stopped\n');
  });

  it('stops when its parent is gone', async () => {
    const child = start([]);
    await once(child, 'message');
    child.disconnect();
    expect(await ended(child)).toBe(0);
    expect(await child.output).toBe('stopped\n');
  });

  it('stops when its parent goes while it starts', async () => {
    const child = start(['starts-slowly']);
    if (child.stdout !== null) await once(child.stdout, 'data');
    child.disconnect();
    expect(await ended(child)).toBe(0);
    expect(await child.output).toContain('stopped\n');
  });

  it('prints its settings without secrets, and starts nothing', async () => {
    const child = start(['--print-config'], { REEMBED_TOKEN: 'a-secret-of-sixteen', REEMBED_PORT: '77' });
    expect(await ended(child)).toBe(0);
    const printed = await child.output;
    expect(JSON.parse(printed)).toMatchObject({ port: 77, token: '(set)', redisUrl: '(set)' });
    expect(printed).not.toContain('a-secret');
  });

  it('ends with the exit code of the error, and says what happened', async () => {
    const child = start(['refuses']);
    expect(await ended(child)).toBe(8);
    expect(await child.log).toContain('no Redis here');
  });

  it('logs where a defect happened, without a secret that it quotes', async () => {
    const child = start(['breaks'], { REEMBED_TOKEN: 'a-secret-of-sixteen' });
    expect(await ended(child)).toBe(1);
    const log = await child.log;
    expect(log).toContain('app.fixture.ts');
    expect(log).toContain('a defect that quotes (secret)');
    expect(log).not.toContain('a-secret');
  });

  it.each(['loud', '', 'silent'])('judges REEMBED_LOG=%s like every other setting', async (level) => {
    const child = start(['--print-config'], { REEMBED_LOG: level });
    expect(await ended(child)).toBe(level === 'loud' ? 2 : 0);
    if (level === 'loud') expect(await child.log).toContain('REEMBED_LOG');
  });
});
