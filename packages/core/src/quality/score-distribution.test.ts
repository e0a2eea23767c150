import { describe, expect, it } from 'vitest';
import { scoreDistributions } from './compare-queries.ts';

const sum = (counts: readonly number[] | undefined) => counts?.reduce((a, b) => a + b, 0);

describe('scoreDistributions', () => {
  it('counts both sides between the same edges, lowest and highest score included', () => {
    const scores = scoreDistributions({ old: [0, 0.1, 0.5], new: [0.9, 1, 1] }, true);
    expect(scores?.old.edges).toEqual(scores?.new.edges);
    expect([scores?.old.edges[0], scores?.old.edges.at(-1), scores?.old.edges.length]).toEqual([0, 1, 21]);
    expect([sum(scores?.old.counts), sum(scores?.new.counts)]).toEqual([3, 3]);
    expect([scores?.old.counts[0], scores?.new.counts.at(-1)]).toEqual([1, 2]);
  });

  it('has the quantiles of each side', () => {
    const hundred = Array.from({ length: 101 }, (_, index) => index);
    expect(scoreDistributions({ old: hundred.toReversed(), new: [1] }, true)?.old).toMatchObject({ p5: 5, p50: 50, p95: 95 });
  });

  it('holds scores that are all alike, and negative ones', () => {
    expect(sum(scoreDistributions({ old: [0.5, 0.5], new: [0.5] }, true)?.old.counts)).toBe(2);
    expect(sum(scoreDistributions({ old: [-3, -2], new: [-2.5] }, true)?.old.counts)).toBe(2);
  });

  it('is null where a side found nothing', () => {
    expect(scoreDistributions({ old: [], new: [1] }, true)).toBeNull();
  });
});
