import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { transitions } from './domain/transitions.ts';

it('has no document that is behind the code', async () => {
  const script = fileURLToPath(new URL('../../../scripts/generate-docs.ts', import.meta.url));
  await promisify(execFile)(process.execPath, [script, '--check']);
});

it('draws every way a migration can go, and no other', () => {
  const page = readFileSync(new URL('../../../docs/states.md', import.meta.url), 'utf8');
  const drawn = [...page.matchAll(/^ {2}(\w+) --> (\w+)(?: : (\w+))?$/gm)].map(([, from, to, word = '']) => `${from} ${to} ${word}`);
  const ways = Object.entries(transitions).flatMap(([from, { next, commands }]) => [
    ...next.map((to) => `${from} ${to} `),
    ...Object.entries(commands).map(([word, to]) => `${from} ${to === 'resumeTo' ? 'where_it_was' : to} ${word}`),
  ]);
  expect(drawn.sort()).toEqual(ways.map((way) => way.replaceAll('-', '_')).sort());
});
