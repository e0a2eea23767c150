import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { commandOf, parse } from './shell.fixture.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const listed = execFileSync('git', ['ls-files', '*.md', 'deploy/**/NOTES.txt', 'deploy/prometheus/*.yaml', 'examples/*.yaml'], {
  cwd: root,
  encoding: 'utf8',
});
const documents = listed
  .trim()
  .split('\n')
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));

/** Lines of shell that a reader pastes, without what becomes of their output and what every command takes; a word stands for a name in brackets. */
function pastedIn(text: string): string[] {
  const blocks = [...text.matchAll(/^```(?:sh|bash)\n(.*?)^```/gms)].map(([, block = '']) => block.replaceAll('\\\n', ' '));
  const lines = blocks.flatMap((block) => [...block.matchAll(/^(?:\w+=\S+ )*(?:npx (?:-y )?)?(reembed .*?)(?:\s+[#>|&].*)?$/gm)]);
  return lines.map(([, command = '']) => command.replaceAll(/<[a-z-]+>/g, 'word').replaceAll(/ --(json|verbose)\b/g, ''));
}

/** Commands within a sentence, which need not be whole; a message that begins with the name is none. */
function namedIn(text: string): string[] {
  return [...text.matchAll(/`(?:npx )?(reembed (?!needs )[a-z][^`]*)`/g)].map(([, command = '']) => command);
}

const pasted = documents.flatMap(({ file, text }) => pastedIn(text).map((command): [string, string] => [command, file]));
const named = documents.flatMap(({ file, text }) => namedIn(text).map((command): [string, string] => [command, file]));

test('documents show commands', () => {
  expect([pasted.length, named.length].map((count) => count > 40)).toEqual([true, true]);
});

test.each(pasted)('what a page has pasted is taken: %s (%s)', async (command) => {
  await parse(command);
});

test.each(named)('what a page names is a command with options that it has: %s (%s)', async (command) => {
  const [, name = '', ...words] = command.split(/\s+/);
  const { options, commands: below } = await commandOf(name);
  const known = [...options, ...below.flatMap((one) => one.options)].map(({ long }) => long);
  const said = words.flatMap((word) => /^--[a-z-]+/.exec(word)?.[0] ?? []);
  expect(said.filter((word) => !['--json', '--verbose', '--help', ...known].includes(word))).toEqual([]);
});
