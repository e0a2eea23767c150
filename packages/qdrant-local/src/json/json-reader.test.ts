import { describe, expect, it } from 'vitest';
import { JsonReader, parseJson } from './json-reader.ts';
import { jsonText } from './json-value.ts';

const read = (text: string) => jsonText(parseJson(Buffer.from(text)));

describe('a value read and written again', () => {
  it.each([
    ['1', '1'],
    ['-0', '-0.0'],
    ['1.0', '1.0'],
    ['-0.50', '-0.5'],
    ['1e30', '1e+30'],
    ['1e-7', '1e-7'],
    ['0.00001', '0.00001'],
    ['0.000001', '1e-6'],
    ['1e15', '1000000000000000.0'],
    ['1e16', '1e+16'],
    ['9007199254740993', '9007199254740993'],
    ['18446744073709551615', '18446744073709551615'],
    ['18446744073709551616', '1.8446744073709552e+19'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['-9223372036854775809', '-9.223372036854776e+18'],
    ['"\\u00fc \\/ \\u0001"', '"ü / \\u0001"'],
    ['{"b":1,"a":2,"b":3}', '{"b":3,"a":2}'],
    ['{"10":1,"2":{"__proto__":3}}', '{"10":1,"2":{"__proto__":3}}'],
    [' [ 1 , { "a" : [ ] } ] ', '[1,{"a":[]}]'],
  ])('%s becomes %s', (text, spelled) => {
    expect(read(text)).toBe(spelled);
  });

  it.each(['', '{', '[1,]', '{"a":1,}', '01', '1.', '.5', '-', '1e', 'nul', '"\\ud83d"', '"\u0001"', '1 2', '1e400'])(
    '%j is refused',
    (text) => {
      expect(() => parseJson(Buffer.from(text))).toThrow('Format error in JSON body');
    },
  );

  it('takes the double that the real server makes of many digits, nearest or not', () => {
    expect(read('0.1234567890123456789')).toBe('0.12345678901234568');
    expect(read('3.141592653589793238')).toBe('3.141592653589793');
  });
});

describe('a vector', () => {
  const floats = (text: string) => new JsonReader(Buffer.from(text)).floats();

  it.each([
    '[1,2]',
    '[ -0.5 , 1e3 ]',
    '[0.123456789012345678901234567890]',
    '[12345678901234567890]',
    '[]',
    '[0,-0,0.0]',
    '[0.1,0.25,-3.14159274]',
  ])('%s holds the 32-bit floats nearest to its numbers', (text) => {
    const numbers = JSON.parse(text) as number[];
    expect(floats(text)).toEqual(Float32Array.from(numbers));
  });

  it('may be spelled in any way that JSON allows', () => {
    for (let i = 0; i < 2000; i++) {
      const number = Math.fround((((i * 2654435761) % 4294967296) / 2 ** 31 - 1) * 10 ** ((i % 13) - 6));
      const texts = [String(number), number.toFixed(8), number.toExponential(), number.toPrecision(9), number.toPrecision(17)];
      expect(floats(`[${texts.join(',')}]`)).toEqual(Float32Array.from(texts, Number));
    }
  });

  it.each(['["x"]', '[1,null]', '[[1]]', '{"a":1}'])('is not %s, and the reader has not moved', (text) => {
    const reader = new JsonReader(Buffer.from(text));
    expect(reader.floats()).toBeUndefined();
    expect(reader.pos).toBe(0);
  });

  it.each(['[1,]', '[1 2]', '[01]', '[1.]', '[1', '[1e400]'])('%s is refused', (text) => {
    expect(() => floats(text)).toThrow('Format error in JSON body');
  });
});
