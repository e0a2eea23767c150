import { expect, test } from 'vitest';
import { renderCompared } from './render-compared.ts';

const hit = (id: string, score: number, text: string) => ({ id: { kind: 'integer' as const, id }, score, text });

test('both lists are shown with where the other has each result, and long texts in one line', () => {
  const long = `first line\nsecond line ${'word '.repeat(40)}`;
  const text = renderCompared({
    query: 'a "query"',
    old: [hit('7', 0.5, 'seven'), hit('8', 0.4, long)],
    new: [hit('8', 0.9, long), hit('9', 0.8, 'nine')],
  });
  expect(text.split('\n')).toEqual([
    '"a \\"query\\"": 1 of 2 results of the new collection are in the old list, too',
    '  new  id  score   in old  text',
    '  1    8   0.9000  2       first line second line word word word word word word word w…',
    '  2    9   0.8000  -       nine',
    '  old  id  score   in new  text',
    '  1    7   0.5000  -       seven',
    '  2    8   0.4000  1       first line second line word word word word word word word w…',
  ]);
});
