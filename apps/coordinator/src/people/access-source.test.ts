import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openAccess } from './access-source.ts';
import { createSignIn } from './sign-in.ts';
import { trustedProxy } from './trusted-proxy.ts';

const folder = mkdtempSync(join(tmpdir(), 'access-'));
const file = join(folder, 'access.yaml');
afterAll(() => rmSync(folder, { recursive: true }));

const says = (name: string, more = '') => `tokens: [{ name: ${name}, role: admin, sha256: ${'0a'.repeat(32)}, expires: null }]\n${more}`;

const lines: { level: number; msg: string }[] = [];
const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
beforeEach(() => {
  lines.length = 0;
  writeFileSync(file, says('ada'));
});

describe('the file of REEMBED_ACCESS', () => {
  it('counts as it stands now, without a restart', async () => {
    const access = await openAccess(file, log);
    const names = () => access.current()?.tokens.map(({ name }) => name);
    let told = 0;
    access.onChange(() => told++);
    await access.readAgain();
    expect([names(), told]).toEqual([['ada'], 0]);
    writeFileSync(file, says('grace'));
    await access.readAgain();
    expect([names(), told]).toEqual([['grace'], 1]);
  });

  it('goes on counting as it was while it is malformed or away; that is logged once, without what it says', async () => {
    const access = await openAccess(file, log);
    const names = () => access.current()?.tokens.map(({ name }) => name);
    for (const broken of ['tokens: [{ name: eve, role: root, sha256: a-token-in-clear, expires: null }]', 'tokens: [']) {
      writeFileSync(file, broken);
      await access.readAgain();
      await access.readAgain();
    }
    rmSync(file);
    await access.readAgain();
    expect(names()).toEqual(['ada']);
    expect(lines.map(({ level }) => level)).toEqual([50, 50, 50]);
    expect(JSON.stringify(lines)).not.toContain('a-token-in-clear');
    writeFileSync(file, says('grace'));
    await access.readAgain();
    expect(names()).toEqual(['grace']);
  });

  it('says anew who is let in, and which proxy is believed', async () => {
    const access = await openAccess(file, log);
    const signIn = createSignIn({ token: undefined, access, now: () => new Date('2026-06-01T00:00:00Z') });
    const isTrusted = trustedProxy(access);
    const byProxy = { headers: { 'x-user': 'vera', 'x-forwarded-groups': 'all' }, hostname: 'h', socket: { remoteAddress: '10.0.0.7' } };
    const ask = async () => Object.keys(await signIn(byProxy as never));
    expect([await ask(), isTrusted('10.0.0.7')]).toEqual([['code', 'fault', 'isAttempt'], false]);
    writeFileSync(file, says('ada', 'proxy: { addresses: [10.0.0.7], nameHeader: x-user, roles: { all: viewer } }'));
    await access.readAgain();
    expect([await ask(), isTrusted('10.0.0.7'), isTrusted('10.0.0.8')]).toEqual([['person'], true, false]);
  });

  it('has to be right where a coordinator starts', async () => {
    writeFileSync(file, 'tokens: 7');
    await expect(openAccess(file, log)).rejects.toMatchObject({ code: 'invalid-config', message: expect.stringContaining(file) });
  });
});
