import type { MigrationView, Progress } from '@reembed/contracts';

export const progress: Progress = {
  pass: { number: 1, kind: 'copy' },
  sourcePoints: 1_000,
  points: 250,
  ranges: { total: 4, done: 1, failed: 0, splitDone: true },
  setAside: 0,
  accepted: 0,
  texts: 250,
  tokens: 5_000,
  costUsd: 0.0021,
  pointsPerSecond: 50,
  etaSeconds: 15,
};

export function buildView(change: Partial<MigrationView> = {}): MigrationView {
  return {
    id: 'm1',
    name: 'docs',
    phase: 'copying',
    phaseNumber: 2,
    epoch: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:01.000Z',
    source: 'docs_v1',
    target: 'docs_v2',
    alias: 'docs',
    owner: null,
    possible: ['pause', 'cancel'],
    progress,
    waiting: null,
    error: null,
    verification: null,
    lag: null,
    gates: null,
    overrides: [],
    blockedBy: [],
    filling: null,
    lateWrites: { open: 0, findings: [] },
    rollback: null,
    next: 'Nothing: it goes on by itself.',
    queryChange: ['Embed queries with hash/256.'],
    ...change,
  };
}
