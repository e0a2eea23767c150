import { describe, expect, it } from 'vitest';
import { formatPayloadPath, parsePayloadPath } from './payload-mapping.ts';

describe('parsePayloadPath', () => {
  it.each<[string, (string | null)[]]>([
    ['title', ['title']],
    ['meta.größe-1', ['meta', 'größe-1']],
    ['authors[].name', ['authors', null, 'name']],
    ['a[][]', ['a', null, null]],
    ['"a b"."c.d"', ['a b', 'c.d']],
  ])('reads %s, and writes it back', (text, steps) => {
    expect(parsePayloadPath(text)).toEqual(steps);
    expect(formatPayloadPath(steps)).toBe(text);
  });

  it.each(['', '.', 'a.', '.a', 'a b', '[]', 'a[0]', 'a..b', '"a', 'a"b"', 'a[]b'])('refuses %j', (text) => {
    expect(parsePayloadPath(text)).toBeNull();
  });
});
