import { describe, expect, it } from 'vitest';
import { formatPayloadPath, type PayloadStep, parsePayloadPath, payloadPathSchema, topKey } from './payload-path.ts';

describe('a path into a payload', () => {
  it.each<[string, PayloadStep[]]>([
    ['title', ['title']],
    ['meta.größe-1', ['meta', 'größe-1']],
    ['authors[].name', ['authors', null, 'name']],
    ['a[][]', ['a', null, null]],
    ['a[0].b', ['a', 0, 'b']],
    ['a.0.b', ['a', '0', 'b']],
    ['"a b"."c.d"', ['a b', 'c.d']],
    ['"say \\"x\\""', ['say "x"']],
    ['""', ['']],
  ])('reads %s, and writes it back', (text, steps) => {
    expect(parsePayloadPath(text)).toEqual(steps);
    expect(formatPayloadPath(steps)).toBe(text);
  });

  it.each<[string, PayloadStep[]]>([
    ['Product Name', ['Product Name']],
    ['Product Name.Price (EUR)', ['Product Name', 'Price (EUR)']],
    ['schema:name', ['schema:name']],
    ['a/b.@type', ['a/b', '@type']],
    ['名前.タグ[].値', ['名前', 'タグ', null, '値']],
    ['C#', ['C#']],
    ["it's", ["it's"]],
    ['"a\nb"', ['a\nb']],
    ['"tags[]".0', ['tags[]', '0']],
  ])('reads %s without quotes that Qdrant would want', (text, steps) => {
    expect(parsePayloadPath(text)).toEqual(steps);
    expect(parsePayloadPath(formatPayloadPath(steps))).toEqual(steps);
  });

  it.each(['', ' ', ' a', 'a.b', '[]', '"', '\\', '"\\"', '{{x}}', '#if', 'a|b', 'line\nend', '\u0000', '\ud800', '0'])(
    'has a way to write the key %j',
    (key) => {
      const steps = [key, null, key, 7, key];
      expect(parsePayloadPath(formatPayloadPath(steps))).toEqual(steps);
    },
  );

  it.each<[string, number, string]>([
    ['', 1, 'no key'],
    ['.', 1, 'beside a dot'],
    ['a.', 2, 'beside a dot'],
    ['.a', 1, 'beside a dot'],
    ['a..b', 2, 'beside a dot'],
    ['[]', 1, 'brackets'],
    ['a[x]', 2, 'brackets'],
    ['a]', 2, 'not wanted'],
    ['"a', 1, 'opens and closes'],
    ['a"b"', 2, 'opens and closes'],
    ['a[]b', 4, 'not wanted'],
    ['a | upper', 2, 'piped'],
    ['#if', 1, 'begins with #'],
    ['a.!b', 2, 'begins with !'],
    ['a. b', 2, 'space wants quotes'],
    ['a .b', 2, 'space wants quotes'],
  ])('refuses %j at character %i', (text, character, why) => {
    expect(parsePayloadPath(text)).toBeNull();
    const message = payloadPathSchema.safeParse(text).error?.issues[0]?.message;
    expect(message).toContain(`at character ${character} on`);
    expect(message).toContain(why);
  });

  it('of one key is a name at the top', () => {
    expect(['hash', '"text.hash"', 'text hash', 'a.b', 'a[]', ''].map(topKey)).toEqual([
      'hash',
      'text.hash',
      'text hash',
      null,
      null,
      null,
    ]);
  });
});
