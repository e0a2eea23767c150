import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { generatedDocs } from '../../../scripts/generate-docs.ts';
import { transitions } from './transitions.ts';

it.each(generatedDocs().map(({ path, text }) => [basename(path.pathname), path, text] as const))(
  '%s says what the code says: else run `node scripts/generate-docs.ts`',
  (_, path, text) => {
    expect(readFileSync(path, 'utf8')).toBe(text);
  },
);

it('draws every way a migration can go, and no other', () => {
  const page = readFileSync(new URL('../../../docs/states.md', import.meta.url), 'utf8');
  const drawn = [...page.matchAll(/^ {2}(\w+) --> (\w+)(?: : (\w+))?$/gm)].map(([, from, to, word = '']) => `${from} ${to} ${word}`);
  const ways = Object.entries(transitions).flatMap(([from, { next, commands }]) => [
    ...next.map((to) => `${from} ${to} `),
    ...Object.entries(commands).map(([word, to]) => `${from} ${to === 'resumeTo' ? 'where_it_was' : to} ${word}`),
  ]);
  expect(drawn.sort()).toEqual(ways.map((way) => way.replaceAll('-', '_')).sort());
});
