import { expect, it } from 'vitest';
import { allPages } from './all-pages.ts';

const load = async (cursor: number | null) => ({ from: cursor ?? 0, next: (cursor ?? 0) < 3 ? (cursor ?? 0) + 1 : null });

it('every page comes once, in order, the last one too, and from where it is asked for', async () => {
  const seen = async (from?: number) => {
    const found: number[] = [];
    for await (const page of allPages(load, from)) found.push(page.from);
    return found;
  };
  expect(await seen()).toEqual([0, 1, 2, 3]);
  expect(await seen(2)).toEqual([2, 3]);
});

it('a page that nobody asks for is not loaded', async () => {
  const asked: (number | null)[] = [];
  const pages = allPages((cursor: number | null) => {
    asked.push(cursor);
    return load(cursor);
  });
  for await (const page of pages) if (page.from === 1) break;
  expect(asked).toEqual([null, 1]);
});
