import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { commands } from '../commands.ts';
import { runInProcess } from '../start-cli.fixture.ts';

test('bash completes every command of the help, and the options and commands below one', async () => {
  const { out, exit } = await runInProcess(['completion', 'bash']);
  expect(exit).toBe(0);
  const complete = (...words: string[]) => {
    const typed = words.map((word) => `'${word}'`).join(' ');
    const script = `${out}\nCOMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}; _reembed; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
  };
  const names = Object.values(commands).flatMap((list) => list.map(([usage]) => usage.split(' ')[0] ?? ''));
  expect(complete('reembed', '')).toEqual(expect.arrayContaining(names));
  expect(complete('reembed', 'rol')).toEqual(['rollback']);
  expect(complete('reembed', 'switch', '--js')).toEqual(['--json']);
  expect(complete('reembed', 'init', 'two')).toEqual(['two-step']);
});

const isInstalled = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

// scripts/prepare-tests.sh installs both.
test.runIf(isInstalled('zsh'))('zsh completes the same, each with what it does', async () => {
  const { out } = await runInProcess(['completion', 'zsh']);
  // What zsh's own completion is handed, which chooses by what was typed.
  const stubs = `compdef() { }; _files() { print files }; _describe() { print -rl -- "\${(@P)2}" }`;
  const complete = (...words: string[]) => {
    const script = `${stubs}\n${out}\nwords=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _reembed`;
    return execFileSync('zsh', ['-fc', script], { encoding: 'utf8' }).trim().split('\n');
  };
  const first = complete('reembed', '');
  for (const [usage, says] of Object.values(commands).flat())
    expect(first).toContain(`${usage.split(' ')[0]}:${says.replaceAll("'", '’')}`);
  expect(complete('reembed', 'switch', '')).toEqual(expect.arrayContaining(['--json:one JSON document on stdout', 'files']));
  expect(complete('reembed', 'init', '')).toContainEqual(expect.stringMatching(/^two-step:/));
});

test.runIf(isInstalled('fish'))('fish completes the same, each with what it does', async () => {
  const { out } = await runInProcess(['completion', 'fish']);
  const folder = await mkdtemp(join(tmpdir(), 'reembed-fish-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'reembed.fish'), out);
  const complete = (typed: string) => {
    const script = `source ${folder}/reembed.fish; complete -C '${typed}'`;
    const env = { PATH: process.env.PATH ?? '', HOME: folder };
    return execFileSync('fish', ['--no-config', '-c', script], { encoding: 'utf8', env, cwd: folder }).trim().split('\n');
  };
  const first = complete('reembed ');
  for (const [usage, says] of Object.values(commands).flat())
    expect(first).toContain(`${usage.split(' ')[0]}\t${says.replaceAll("'", '’')}`);
  expect(complete('reembed rol')).toEqual([expect.stringMatching(/^rollback\t/)]);
  expect(complete('reembed switch --js')).toEqual(['--json\tone JSON document on stdout']);
  expect(complete('reembed init two')).toContainEqual(expect.stringMatching(/^two-step\t/));
  expect(complete('reembed init alias')).not.toContainEqual(expect.stringMatching(/^alias\t/));
});

test('another shell is refused', async () => {
  expect((await runInProcess(['completion', 'tcsh'])).exit).toBe(2);
});
