import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
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

test('zsh and fish are told of every command with what it does', async () => {
  for (const shell of ['zsh', 'fish']) {
    const { out } = await runInProcess(['completion', shell]);
    for (const list of Object.values(commands)) for (const [, says] of list) expect(out).toContain(says.replaceAll("'", '’'));
  }
  expect((await runInProcess(['completion', 'tcsh'])).exit).toBe(2);
});
