import { describe, expect, it } from 'vitest';
import {
  formatCount,
  formatCounted,
  formatDifference,
  formatDuration,
  formatInterval,
  formatLatency,
  formatMetric,
  formatScore,
  formatShare,
  formatTime,
  formatUsd,
} from './format.ts';

/** Units stand behind a no-break space, and minus is a minus: both are written plainly here. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ').replaceAll('\u2212', '-');

describe('numbers', () => {
  it.each([
    [formatCount(0), '0'],
    [formatCount(128_400), '128,400'],
    [formatCounted(1, 'point'), '1 point'],
    [formatCounted(2, 'query', 'queries'), '2 queries'],
    [formatMetric(0.35549), '0.355'],
    [formatDifference(0.057), '+0.057'],
    [formatDifference(-0.013), '-0.013'],
    [formatInterval({ lower: 0, upper: 0 }), '(no interval)'],
    [formatInterval({ lower: -0.004, upper: 0.073 }), '[-0.004, 0.073]'],
    [formatScore(-23.4567), '-23.457'],
    [formatScore(-1.5e12), '-1,500,000,000,000'],
    [formatShare(0.712), '71 %'],
    [formatUsd(1234.5), '$1,234.50'],
    [formatLatency(4.23), '4.2 ms'],
    [formatLatency(120.4), '120 ms'],
    [formatLatency(1250), '1.25 s'],
  ])('reads %s', (shown, wanted) => expect(plain(shown)).toBe(wanted));

  it('gives no sign to a difference that rounds to nothing', () => {
    expect([formatDifference(0.0004), formatDifference(-0.0004), formatDifference(-0)]).toEqual(['0.000', '0.000', '0.000']);
  });

  it('says all and nothing only of all and nothing', () => {
    expect([0, 0.001, 0.999, 1].map((share) => plain(formatShare(share)))).toEqual(['0 %', 'under 1 %', 'over 99 %', '100 %']);
  });

  it('never rounds a price to nothing', () => {
    expect([formatUsd(0), formatUsd(0.002), formatUsd(0.014)]).toEqual(['$0.00', 'under $0.01', '$0.01']);
  });
});

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
