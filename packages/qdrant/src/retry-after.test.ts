import { describe, expect, it } from 'vitest';
import { parseRetryAfterMs } from './retry-after.ts';

const nowMs = Date.parse('Sun, 06 Nov 1994 08:49:37 GMT');

describe('parseRetryAfterMs', () => {
  it.each([
    ['30', 30_000],
    ['1.5', 1_500],
    ['0', 0],
    ['-1', 0],
    ['Sun, 06 Nov 1994 08:50:07 GMT', 30_000],
    ['Sun, 06 Nov 1994 08:49:07 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
  ])('reads %j as %j ms', (header, ms) => {
    expect(parseRetryAfterMs(header, nowMs)).toBe(ms);
  });
});
