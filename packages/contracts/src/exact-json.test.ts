import { describe, expect, it } from 'vitest';
import { canonicalJson, exactInteger, parseExactJson } from './exact-json.ts';

describe('parseExactJson', () => {
  it.each([
    '{"must":[{"has_id":[18446744073709551615,9007199254740993,1]}]}',
    '{"range":{"gte":-9223372036854775808,"lt":0.1}}',
    '[9007199254740991,9007199254740992]',
    '"9007199254740993"',
  ])('is written back as it was: %s', (text) => {
    expect(JSON.stringify(parseExactJson(text))).toBe(text);
  });

  it('gives plain numbers where a number is exact', () => {
    expect(parseExactJson('{"rangePoints": 2e3, "share": 1.50}')).toEqual({ rangePoints: 2_000, share: 1.5 });
  });

  it('throws where the text is no JSON', () => {
    expect(() => parseExactJson('{')).toThrow(SyntaxError);
  });
});

describe('canonicalJson', () => {
  it('gives one text for values that differ in the order of keys and white space only', () => {
    const [a, b] = ['{"b": [ {"d":1, "c":9007199254740993} ], "a":null}', '{"a":null,"b":[{"c":9007199254740993,"d":1}]}'];
    expect(canonicalJson(parseExactJson(a))).toBe(b);
    expect(canonicalJson(parseExactJson(b))).toBe(b);
  });

  it('keeps the order of lists', () => {
    expect(canonicalJson([2, 1])).not.toBe(canonicalJson([1, 2]));
  });
});

describe('exactInteger', () => {
  it('is a number up to 2^53 and raw JSON past it', () => {
    expect(exactInteger(9007199254740991n)).toBe(9007199254740991);
    expect(JSON.stringify({ id: exactInteger(18446744073709551615n) })).toBe('{"id":18446744073709551615}');
  });
});
