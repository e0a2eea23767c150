import { expect, test } from 'vitest';
import { bytes, count, dollars, duration, table, wrapped } from './format.ts';

test.each([
  [0.2, '1 s'],
  [45, '45 s'],
  [59.4, '1 m 0 s'],
  [200, '3 m 20 s'],
  [7_500, '2 h 5 m'],
  [1_000_000, '11 d 13 h'],
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

test.each([
  [0, '0 B'],
  [850, '850 B'],
  [25_300_000, '25 MB'],
  [400e9, '400 GB'],
  [1.24e12, '1.2 TB'],
  [5e16, '50000 TB'],
])('%d bytes read as %s', (value, text) => expect(bytes(value)).toBe(text));

test('no line ends within a command, which is typed as it stands', () => {
  const command = "`reembed switch m1 --override quality --by Ada --reason 'why  it may'`";
  for (let before = 0; before < 30; before++) {
    const lines = wrapped(`${'x '.repeat(before)}or ${command}, then wait.`, 0, 2);
    expect(lines.filter((line) => line.includes(`${command},`))).toHaveLength(1);
    expect(lines.every((line) => line.length <= 80)).toBe(true);
  }
});

test('lines end at 80 columns, and a longer word stands alone', () => {
  const lines = wrapped(`${'word '.repeat(40)}${'x'.repeat(90)} end`, 2, 4);
  expect(lines.filter((line) => line.length > 80)).toEqual([`    ${'x'.repeat(90)}`]);
  expect(lines.at(0)).toMatch(/^ {2}word/);
  expect(lines.at(1)).toMatch(/^ {4}word/);
  expect(lines.at(-1)).toBe('    end');
});
