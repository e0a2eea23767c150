import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { transitions } from './domain/transitions.ts';

it('has no document that is behind the code', async () => {
  const script = fileURLToPath(new URL('../../../scripts/generate-docs.ts', import.meta.url));
  await promisify(execFile)(process.execPath, [script, '--check']);
});

it('has every variable that the code names in docs/settings.md', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const page = readFileSync(`${root}docs/settings.md`, 'utf8');
  const sources = globSync('{apps,packages}/*/src/**/*.ts', { cwd: root, exclude: ['packages/testkit/**', '**/*.test.ts'] });
  const named = sources.flatMap((file) => readFileSync(root + file, 'utf8').match(/\bREEMBED_(?!TEST_)[A-Z_]+\b/g) ?? []);
  expect(new Set(named).size).toBeGreaterThan(10);
  expect([...new Set(named)].filter((variable) => !page.includes(`| \`${variable}\` |`))).toEqual([]);
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

it('names the files of both walks in its picture of the architecture, each one there, and no more than it says', () => {
  const page = readFileSync(new URL('../../../docs/architecture.md', import.meta.url), 'utf8');
  const root = {
    core: 'packages/core/src',
    qdrant: 'packages/qdrant/src',
    queue: 'packages/queue/src',
    coordinator: 'apps/coordinator/src',
    worker: 'apps/worker/src',
  };
  const walks = [...page.matchAll(/<!-- walk: \w+, at most (\d+) -->\n([\s\S]*?)<!-- \/walk -->/g)];
  expect(walks).toHaveLength(2);
  for (const [, most, list = ''] of walks) {
    const files = [...list.matchAll(/^\d+\. `(\w+)\/([^`]+)`/gm)].map(([, place, file]) => `${root[place as keyof typeof root]}/${file}`);
    expect(files.length).toBeLessThanOrEqual(Number(most));
    expect(files.filter((file) => !existsSync(new URL(`../../../${file}`, import.meta.url)))).toEqual([]);
  }
});
