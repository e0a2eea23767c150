import { describe, expect, it } from 'vitest';
import {
  afterCanary,
  beginPacing,
  hibernationMs,
  type LatencyLimits,
  leastPointsPerSecond,
  type Pacing,
  searchesToJudge,
} from './pacing.ts';
import { paceInWords } from './pacing-words.ts';

const limits: LatencyLimits = { maxMs: 30, criticalMs: 200 };

/** A server whose searches take as long as `msAt` says of the rate, asked four times a second; `uses`: how much of what is allowed is taken. */
function drive(msAt: (rate: number) => number, { uses = (rate: number) => rate, within = limits } = {}) {
  let now = { ms: 0, taken: 0 };
  let pacing = beginPacing(now);
  const rates: number[] = [];
  return {
    rates,
    now: () => pacing,
    search(times: number): Pacing {
      for (let asked = 0; asked < times; asked++) {
        const rate = pacing.pointsPerSecond ?? 10_000;
        now = { ms: now.ms + 250, taken: now.taken + uses(rate) / 4 };
        pacing = afterCanary(pacing, { ms: msAt(rate), of: 'docs' }, now, within);
        rates.push(pacing.pointsPerSecond ?? Number.POSITIVE_INFINITY);
      }
      return pacing;
    },
  };
}

describe('the pace', () => {
  it('begins with nothing, until it is known how long searches take at rest', () => {
    const on = drive(() => 20);
    expect(on.search(searchesToJudge - 1)).toMatchObject({ state: 'measuring', pointsPerSecond: 0 });
    expect(on.search(1)).toMatchObject({ state: 'going', pointsPerSecond: 500, idleMs: 20 });
  });

  it('doubles until it was too much once, then comes to just below what searches bear, and stays there', () => {
    // 20 ms at rest, and 10 ms more at 4,000 points a second.
    const on = drive((rate) => 20 + rate / 400);
    on.search(2_000);
    expect(Math.max(...on.rates)).toBeLessThanOrEqual(8_000);
    const settled = on.rates.slice(1_000);
    expect(Math.min(...settled)).toBeGreaterThan(4_000 * 0.65);
    expect(Math.max(...settled)).toBeLessThan(4_000 * 1.1);
  });

  it('shrinks at the second search that took too long, and not at one', () => {
    const on = drive(() => 20);
    on.search(searchesToJudge * 3);
    const before = on.now().pointsPerSecond ?? 0;
    let slow = afterCanary(on.now(), { ms: 90, of: 'docs' }, { ms: 90_000, taken: 1e9 }, limits);
    expect(slow.pointsPerSecond).toBe(before);
    slow = afterCanary(slow, { ms: 90, of: 'docs' }, { ms: 90_250, taken: 1e9 }, limits);
    expect(slow.pointsPerSecond).toBeCloseTo(before * 0.7);
    expect(slow.ceiling).toBe(before);
  });

  it('does not count what was under way by the pace of before', () => {
    const on = drive((rate) => (rate > 900 ? 90 : 20));
    on.search(searchesToJudge * 2 + 2);
    const before = on.now();
    expect(before.pointsPerSecond).toBeCloseTo(700);
    const soon = { ms: before.countsFrom - 1, taken: 0 };
    expect(afterCanary(before, { ms: 500, of: 'docs' }, soon, limits)).toBe(before);
  });

  it('does not grow while a provider, or a limit of points, keeps the fleet below it', () => {
    const on = drive(() => 20, { uses: (rate) => Math.min(rate, 600) });
    expect(on.search(searchesToJudge * 20).pointsPerSecond).toBe(1_000);
  });

  it('never comes to a standstill by searches that are slow at rest, and says that no pace will do', () => {
    const on = drive(() => 50);
    on.search(1_000);
    expect(on.now()).toMatchObject({ state: 'going', pointsPerSecond: leastPointsPerSecond, idleMs: 50 });
    expect(paceInWords(on.now(), limits)).toBe(
      'at most 50 points/s: searches take 50 ms (p95); at rest they took 50 ms, and throttle.maxSearchLatencyMs is 30, so no pace will do: raise it',
    );
  });

  it('rests past the critical limit, until searches are fast again, and goes on more slowly than before', () => {
    let critical = false;
    const on = drive((rate) => (critical ? 300 : 20 + rate / 400));
    on.search(400);
    const before = on.now().pointsPerSecond ?? 0;
    critical = true;
    // At once: two searches, each of which also is too slow for the pace.
    on.search(10);
    expect(on.now()).toMatchObject({ state: 'hibernating', pointsPerSecond: 0 });
    expect(paceInWords(on.now(), limits)).toContain('nothing is read for 30 s, and then until searches are faster: searches take 300 ms');
    on.search((hibernationMs * 3) / 250);
    expect(on.now().state).toBe('hibernating');
    critical = false;
    while (on.now().state !== 'going') on.search(1);
    expect(on.now().pointsPerSecond).toBeGreaterThan(0);
    expect(on.now().pointsPerSecond).toBeLessThan(before);
  });

  it('without a limit but the critical one is as fast as it can be', () => {
    const on = drive(() => 50, { within: { maxMs: null, criticalMs: 200 } });
    expect(on.search(searchesToJudge * 3)).toMatchObject({ state: 'going', pointsPerSecond: null });
  });
});
