import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../', import.meta.url);
const page = readFileSync(new URL('docs/guarantees.md', root), 'utf8');
const rows = [...page.matchAll(/`([\w/.-]+\.test\.ts)`: "([^"]+)"/g)].map(([, file = '', title = '']) => ({ file, title }));

test('every guarantee names a test that exists', () => {
  expect(rows.length).toBeGreaterThan(20);
  const broken = rows.filter(({ file, title }) => {
    const path = new URL(file, root);
    return !existsSync(path) || !readFileSync(path, 'utf8').includes(title);
  });
  expect(broken).toEqual([]);
});
