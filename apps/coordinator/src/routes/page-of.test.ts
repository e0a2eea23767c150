import { describe, expect, it } from 'vitest';
import { pageOf } from './page-of.ts';

const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`;
const all = [1, 2, 2, 3, 4].map((second, index) => ({ id: `m${index}`, createdAt: at(second) }));

describe('pageOf', () => {
  it('shows each once, newest first, page after page', () => {
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const { page, next } = pageOf(all, cursor, 2);
      seen.push(...page.map(({ id }) => id));
      cursor = next;
    }
    expect(seen).toEqual(['m4', 'm3', 'm2', 'm1', 'm0']);
  });

  it('is not moved by what begins or is cleared away meanwhile', () => {
    const { next } = pageOf(all, undefined, 2);
    const changed = [...all.filter(({ id }) => id !== 'm3'), { id: 'm9', createdAt: at(9) }];
    expect(pageOf(changed, next ?? '', 2).page.map(({ id }) => id)).toEqual(['m2', 'm1']);
  });

  it('has no next where nothing follows', () => {
    expect(pageOf(all, undefined, 5).next).toBeNull();
    expect(pageOf([], undefined, 5)).toEqual({ page: [], next: null });
  });

  it.each(['', '~', 'x', '~m1'])('refuses the cursor %j', (cursor) => {
    expect(() => pageOf(all, cursor, 2)).toThrow('is not the `next` of a page');
  });
});
