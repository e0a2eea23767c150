import { buildMigration } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { noTimes } from '../domain/work-times.ts';
import { boundOf } from './bound.ts';
import type { Load } from './load.ts';

const pass = { number: 1, kind: 'copy', sourcePoints: 1_000, startedAt: '2026-01-01T00:00:00.000Z' } as const;
const copying: Load = {
  ...{ migration: buildMigration({ phase: 'copying', pass }), active: 4, queued: 12, openRanges: 100 },
  progress: { pointsPerSecond: 100 } as Load['progress'],
  ...{ ceiling: null, heldMs: null, requestsAtOnce: null, times: null },
};
const times = { ...noTimes, inHand: 1_000 };

describe('what bounds a migration', () => {
  it.each([
    ['provider', { ...times, provider: 930, qdrant: 200 }, 'ranges wait for the model that embeds, or for its limits, 93 % of the time'],
    ['qdrant', { ...times, source: 300, qdrant: 970 }, 'ranges wait for Qdrant on the side of the target 97 % of the time'],
    ['source', { ...times, source: 880, qdrant: 100 }, 'ranges wait for the source to be read 88 % of the time'],
    ['throttle', { ...times, throttle: 900 }, 'ranges wait to be allowed by throttle 90 % of the time'],
    [
      'cpu',
      { ...times, cpu: 950, qdrant: 990 },
      'the workers compute: more of them, on other cores, make it faster; they do 95 % of the time',
    ],
  ] as const)('is %s by the times that workers measure', (by, measured, reason) => {
    expect(boundOf({ ...copying, times: measured })).toEqual({ by, reason });
  });

  it('is known of the queue alone where no part stands out, or nothing is measured', () => {
    expect(boundOf({ ...copying, times: { ...times, provider: 400, qdrant: 400 } })).toMatchObject({ by: 'workers' });
    expect(boundOf(copying)).toMatchObject({ by: 'workers' });
    expect(boundOf({ ...copying, queued: 0 })).toMatchObject({ by: 'ranges' });
  });

  it('is a limit that it has reached, what it waits for, or a word, before anything that is measured', () => {
    const measured = { ...copying, times: { ...times, qdrant: 990 } };
    const ceiling = { by: 'throttle', pointsPerSecond: 100, reason: 'throttle.pointsPerSecond of the spec' } as const;
    expect(boundOf({ ...measured, ceiling })).toEqual({ by: 'throttle', reason: ceiling.reason });
    const waiting = { kind: 'worker', reason: 'for a worker', since: pass.startedAt } as const;
    expect(boundOf({ ...measured, migration: { ...copying.migration, waiting } })).toMatchObject({ by: 'worker' });
    expect(boundOf({ ...measured, migration: { ...copying.migration, phase: 'paused' } })).toMatchObject({ by: 'word' });
  });
});
