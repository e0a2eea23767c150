import { buildMigration } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import type { PassSummary } from '../ports/state.ts';
import { limitOf, overlapMs, watermarkAfter } from './changed-field.ts';
import type { Migration, Pass } from './migration.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const iso = (ms: number) => new Date(start + ms).toISOString();
const minute = 60_000;

/** Follows passes given as [began, ended, greatest value seen], in ms from the start. */
function follow(passes: readonly (readonly [number, number, number | null])[], kind: 'number' | 'datetime' = 'number'): Migration {
  const base = buildMigration({ phase: 'ready' });
  const first: Migration = { ...base, resolved: { ...base.resolved, changedKind: kind } };
  let migration = first;
  for (const [at, [began, ended, latestChange]] of passes.entries()) {
    const since = limitOf(migration);
    const pass: Pass = {
      number: at + 1,
      kind: 'sync',
      sourcePoints: 1,
      startedAt: iso(began),
      ...(since === undefined ? {} : { changedSince: since }),
    };
    migration = { ...migration, watermark: watermarkAfter(migration, pass, { latestChange } as PassSummary, iso(ended)) };
  }
  return migration;
}

describe('the watermark of changed points', () => {
  it('is not there until a pass began after the overlap to one that had ended', () => {
    expect(limitOf(follow([]))).toBeUndefined();
    expect(limitOf(follow([[0, minute, 5]]))).toBeUndefined();
    expect(
      limitOf(
        follow([
          [0, minute, 5],
          [2 * minute, 60 * minute, 90],
        ]),
      ),
    ).toBeUndefined();
    expect(
      limitOf(
        follow([
          [0, minute, 5],
          [minute + overlapMs, 60 * minute, 90],
        ]),
      ),
    ).toBe(5);
  });

  it('is never a value from the pass before, which an edit behind its back may be older than', () => {
    const long = 60 * minute;
    expect(
      limitOf(
        follow([
          [0, long, 10],
          [2 * long, 3 * long, 20],
          [4 * long, 5 * long, 30],
        ]),
      ),
    ).toBe(20);
  });

  it('lags by the overlap where passes follow one another quickly', () => {
    const passes = Array.from({ length: 100 }, (_, at) => [at * minute, at * minute + 1_000, at] as const);
    expect(100 - (limitOf(follow(passes)) ?? 0)).toBeGreaterThan(overlapMs / minute);
    expect(100 - (limitOf(follow(passes)) ?? 0)).toBeLessThan((3 * overlapMs) / minute);
  });

  it('stays where a pass saw nothing, and follows values that fall', () => {
    const far = (at: number) => at * 20 * minute;
    expect(
      limitOf(
        follow([
          [far(0), far(0), 10],
          [far(1), far(1), null],
          [far(2), far(2), null],
        ]),
      ),
    ).toBe(10);
    expect(
      limitOf(
        follow([
          [far(0), far(0), 10],
          [far(1), far(1), 4],
          [far(2), far(2), 3],
        ]),
      ),
    ).toBe(4);
    expect(
      limitOf(
        follow([
          [far(0), far(0), null],
          [far(1), far(1), null],
          [far(2), far(2), 3],
        ]),
      ),
    ).toBeUndefined();
  });

  it('is no later than the pass that saw it, whatever datetime stands in a point', () => {
    const doomsday = Date.parse('9999-01-01T00:00:00Z');
    expect(
      limitOf(
        follow(
          [
            [minute, 2 * minute, doomsday],
            [60 * minute, 61 * minute, doomsday],
          ],
          'datetime',
        ),
      ),
    ).toBe(start + minute);
  });

  it('counts a pass once, also where a coordinator that slept brings it again', () => {
    const migration = follow([
      [0, minute, 5],
      [20 * minute, 21 * minute, 90],
    ]);
    const late: Pass = { number: 1, kind: 'sync', sourcePoints: 1, startedAt: iso(0) };
    expect(watermarkAfter(migration, late, { latestChange: 1_000 } as PassSummary, iso(60 * minute))).toEqual(migration.watermark);
  });

  it('limits no pass of a switch, and no round of sync after a limited one', () => {
    const migration = follow([
      [0, minute, 5],
      [20 * minute, 21 * minute, 90],
      [40 * minute, 41 * minute, 91],
    ]);
    expect(migration.watermark?.limited).toBe(true);
    expect(limitOf(migration)).toBe(90);
    expect(limitOf({ ...migration, phase: 'switching' })).toBeUndefined();
    expect(limitOf({ ...migration, phase: 'syncing' })).toBeUndefined();
  });
});
