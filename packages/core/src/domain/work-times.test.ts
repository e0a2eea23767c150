import { describe, expect, it } from 'vitest';
import { addTimes, noTimes, slowestOf } from './work-times.ts';

const second = { ...noTimes, inHand: 1_000 };

describe('what takes most of the time', () => {
  it.each(['throttle', 'provider', 'source', 'qdrant'] as const)(
    'is what is under way nearly always, though others overlap with it: %s',
    (part) => {
      expect(slowestOf({ ...second, cpu: 300, throttle: 100, provider: 400, source: 450, qdrant: 500, [part]: 950 })).toEqual({
        part,
        share: 0.95,
      });
    },
  );

  it('is the worker itself where that computes nearly always: what waits for it seems slow, too', () => {
    expect(slowestOf({ ...second, cpu: 900, qdrant: 990 })).toEqual({ part: 'cpu', share: 0.9 });
    expect(slowestOf({ ...second, cpu: 800, qdrant: 990 })).toMatchObject({ part: 'qdrant' });
  });

  it('is nothing where nothing stands out, and where nothing is known', () => {
    expect(slowestOf({ ...second, provider: 400, qdrant: 490 })).toBeNull();
    expect(slowestOf(noTimes)).toBeNull();
    expect(slowestOf(null)).toBeNull();
  });

  it('goes by all ranges together', () => {
    const [long, short] = [
      { ...noTimes, inHand: 9_000, provider: 8_000 },
      { ...noTimes, inHand: 1_000, qdrant: 1_000 },
    ];
    expect(slowestOf(addTimes(long, short))).toEqual({ part: 'provider', share: 0.8 });
  });
});
