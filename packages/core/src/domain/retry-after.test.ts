import { expect, it } from 'vitest';
import { readRetryAfter } from './retry-after.ts';

const now = Date.parse('2026-11-20T12:00:00Z');

it.each([
  [{ retryAfter: '20' }, 20_000],
  [{ retryAfter: '1.5' }, 1500],
  [{ retryAfterMs: '12.5', retryAfter: '1' }, 13],
  [{ retryAfter: 'Fri, 20 Nov 2026 12:00:30 GMT' }, 30_000],
  // The server's clock is an hour behind ours: its own Date says how long it means.
  [{ retryAfter: 'Fri, 20 Nov 2026 11:00:30 GMT', date: 'Fri, 20 Nov 2026 11:00:00 GMT' }, 30_000],
  [{ retryAfter: '0' }, undefined],
  [{ retryAfterMs: '0', retryAfter: '5' }, 5_000],
  // Azure has said so of a limit that was over in a minute.
  [{ retryAfter: '86400' }, 600_000],
  [{ retryAfter: 'Fri, 20 Nov 2026 11:00:00 GMT' }, undefined],
  [{ retryAfter: 'soon' }, undefined],
  [{ retryAfter: '-5' }, undefined],
  [{ retryAfter: null }, undefined],
  [{}, undefined],
])('reads %j as %s ms', (headers, ms) => {
  expect(readRetryAfter(headers, now)).toBe(ms);
});
