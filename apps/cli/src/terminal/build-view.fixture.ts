import type { MigrationView, Progress } from '@reembed/contracts';
import { buildView as viewOfNothingOpen } from '@reembed/testkit';

export const progress: Progress = {
  pass: { number: 1, kind: 'copy' },
  sourcePoints: 1_000,
  points: 250,
  ranges: { total: 4, done: 1, failed: 0, splitDone: true },
  setAside: 0,
  accepted: 0,
  texts: 250,
  tokens: 5_000,
  kept: 0,
  batchTokens: 0,
  costUsd: 0.0021,
  pointsPerSecond: 50,
  etaSeconds: 15,
};

/** One that copies. */
export function buildView(change: Partial<MigrationView> = {}): MigrationView {
  return viewOfNothingOpen({
    phase: 'copying',
    phaseNumber: 2,
    epoch: 1,
    updatedAt: '2026-01-01T00:00:01.000Z',
    possible: ['pause', 'cancel'],
    progress,
    next: 'Nothing: it goes on by itself.',
    queryChange: ['Embed queries with hash/256.'],
    ...change,
  });
}
