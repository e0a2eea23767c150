import { expect, test } from 'vitest';
import { trialLines } from './trial-lines.ts';

test('a step of a thousand things is some ten lines, one that is not counted is one', () => {
  const lines: string[] = [];
  const show = trialLines((line) => lines.push(line));
  for (let done = 0; done < 1_000; done++) show({ step: 'drawing', done, of: 1_000, unit: 'queries' });
  show({ step: 'reading', done: 0, of: 0, unit: '' });
  show({ step: 'reading', done: 0, of: 0, unit: '' });
  show({ step: 'asking', done: 0, of: 60, unit: 'queries' });
  expect(lines.slice(0, 3)).toEqual(['drawing: 0 of 1,000 queries', 'drawing: 100 of 1,000 queries', 'drawing: 200 of 1,000 queries']);
  expect(lines.slice(9)).toEqual(['drawing: 900 of 1,000 queries', 'reading', 'asking: 0 of 60 queries']);
});
