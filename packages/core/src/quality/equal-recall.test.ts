import { describe, expect, it } from 'vitest';
import { atEqualRecall, equalRecallInWords, searchAtEf } from './equal-recall.ts';
import { answer } from './searched-query.fixture.ts';

const at = (ef: number | null, recall: number, p50: number) => ({ ef, recall, p50, p95: p50 * 2 });

describe('latency at equal recall', () => {
  it('takes the searches that find the same, nearest to what applications find today, and the faster of two', () => {
    const old = [at(null, 0.95, 3), at(32, 0.9, 2), at(128, 0.99, 5)];
    const fresh = [at(null, 0.99, 8), at(32, 0.943, 4), at(40, 0.957, 5), at(16, 0.9, 3)];
    expect(atEqualRecall({ old, new: fresh }, 50)).toEqual({ queries: 50, tolerance: 0.01, reached: true, old: old[0], new: fresh[1] });
    const further = atEqualRecall({ old, new: [at(null, 0.99, 8), at(16, 0.985, 7)] }, 50);
    expect(further).toMatchObject({ reached: true, old: { ef: 128 }, new: { ef: 16 } });
    expect(equalRecallInWords(further)).toBe(
      'at equal recall (0.990 old, 0.985 new of the ten nearest, 50 queries) p50 and p95 of a search are 5.0 and 10.0 ms (hnsw_ef 128) old, 7.0 and 14.0 ms (hnsw_ef 16) new',
    );
  });

  it('says that it cannot be had where no hnsw_ef brings both to the same', () => {
    const none = atEqualRecall({ old: [at(null, 0.99, 3)], new: [at(null, 0.7, 2), at(512, 0.8, 9)] }, 50);
    expect(none).toMatchObject({ reached: false, old: { recall: 0.99 }, new: { recall: 0.7 } });
    expect(equalRecallInWords(none)).toMatch(/^latency cannot be compared at equal recall, whatever hnsw_ef: .* 0\.990 old, 0\.700 new/);
  });

  it('counts what is found of the exact search, by score', () => {
    const exact = [answer([...'abcdefghij']), answer(['a', 'b'])];
    const found = [answer([...'abcde'], 10), answer(['a', 'b'], 20)];
    expect(searchAtEf(64, exact, found)).toEqual({ ef: 64, recall: 0.75, p50: 15, p95: 19.5 });
  });
});
