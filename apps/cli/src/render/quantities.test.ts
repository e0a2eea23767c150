import { expect, test } from 'vitest';
import { count, dollars, duration, table } from './quantities.ts';

test.each([
  [0.2, '1 s'],
  [45, '45 s'],
  [59.4, '1 m 0 s'],
  [200, '3 m 20 s'],
  [7_500, '2 h 5 m'],
])('%d seconds read as %s', (seconds, text) => expect(duration(seconds)).toBe(text));

test.each([
  [null, 'price unknown'],
  [0, '$0'],
  [0.00214, '$0.0021'],
  [12.345, '$12.35'],
])('%d dollars read as %s', (value, text) => expect(dollars(value)).toBe(text));

test('large counts are grouped', () => expect(count(1_234_567)).toBe('1,234,567'));

test('columns are as wide as their widest cell', () => {
  expect(
    table([
      ['a', 'b'],
      ['long', 'c'],
    ]),
  ).toEqual(['a     b', 'long  c']);
});
