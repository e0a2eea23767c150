import type { PassKind } from '@reembed/contracts';
import { buildMigration } from '@reembed/testkit';
import { expect, it } from 'vitest';
import type { ProgressSample } from '../domain/migration.ts';
import { type ProgressDeps, progressOf } from './progress.ts';

const at = '2026-01-01T00:00:00.000Z';

/** How far a copy of `sourcePoints` is; `samples` as `[points, worked seconds]`. */
async function progress(
  points: number,
  workedSeconds: number,
  samples: [number, number][] = [],
  { sourcePoints = 1_000, kind = 'copy' as PassKind } = {},
) {
  const summary = { total: 4, done: 1, failed: 0, splitDone: true, points, workedMs: workedSeconds * 1_000 };
  const deps = {
    ranges: { summary: async () => summary, spent: async () => ({ texts: points, tokens: points }) },
    setAside: { count: async () => ({ open: 0, accepted: 0 }) },
    catalogue: { facts: () => null },
  } as unknown as ProgressDeps;
  const taken = samples.map(([had, seconds]): ProgressSample => ({ at, pass: 1, points: had, workedMs: seconds * 1_000 }));
  const pass = { number: 1, kind, sourcePoints, startedAt: at };
  return progressOf(deps, buildMigration({ phase: 'copying', pass, samples: taken }));
}

it('says nothing of pace and time left in the first seconds, when what is under way is not counted yet', async () => {
  expect(await progress(280, 6, [[0, 0]])).toMatchObject({ points: 280, pointsPerSecond: null, etaSeconds: null });
  expect(
    await progress(280, 8, [
      [0, 0],
      [200, 5],
    ]),
  ).toMatchObject({ pointsPerSecond: null, etaSeconds: null });
});

it('goes by the last half minute, not by the time in which a model was loaded', async () => {
  expect(
    await progress(600, 60, [
      [0, 20],
      [100, 25],
      [200, 30],
      [500, 50],
    ]),
  ).toMatchObject({ pointsPerSecond: 400 / 30, etaSeconds: 30 });
  expect(
    await progress(200, 30, [
      [0, 5],
      [100, 20],
    ]),
  ).toMatchObject({ pointsPerSecond: 10, etaSeconds: 80 });
});

it('promises nothing while nothing goes through', async () => {
  expect(
    await progress(100, 90, [
      [100, 5],
      [100, 50],
    ]),
  ).toMatchObject({ pointsPerSecond: null, etaSeconds: null });
});

it('never counts more points than there are', async () => {
  expect(
    await progress(1_001, 60, [
      [0, 0],
      [500, 20],
    ]),
  ).toMatchObject({ points: 1_001, sourcePoints: 1_001, etaSeconds: 0 });
});

it('promises no end while the points that are retrieved most are filled first: how many are still to come is not known', async () => {
  const samples: [number, number][] = [
    [0, 0],
    [100, 20],
  ];
  expect(await progress(200, 40, samples, { kind: 'hot' })).toMatchObject({ pointsPerSecond: 5, etaSeconds: null });
  expect(await progress(200, 40, samples)).toMatchObject({ pointsPerSecond: 5, etaSeconds: 160 });
});
