import { expect, it } from 'vitest';
import { formatDuration, formatTime } from './format-time.ts';

const seconds = 1000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

it.each([
  [0, '0.0 s'],
  [8200, '8.2 s'],
  [9960, '10 s'],
  [59.6 * seconds, '1 min'],
  [3 * minutes + 7 * seconds, '3 min 7 s'],
  [59 * minutes + 59.7 * seconds, '1 h'],
  [2 * hours + 14 * minutes + 10 * seconds, '2 h 14 min'],
  [23 * hours + 59 * minutes + 40 * seconds, '1 d'],
  [75 * hours, '3 d 3 h'],
])('%d ms read %s', (ms, wanted) => {
  expect(formatDuration(ms).replaceAll('\u00a0', ' ')).toBe(wanted);
});

it('tells the time in UTC and says so, wherever the process runs', () => {
  expect(formatTime('2026-11-22T18:38:07.000Z')).toBe('22 Nov 2026, 18:38\u00a0UTC');
});
