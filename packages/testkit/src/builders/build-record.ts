import type { MigrationRecord, MigrationView } from '@reembed/contracts';
import { buildEmptyReport } from './build-report.ts';

/** What is kept of a migration, as a test wants it. */
export function buildRecord(change: Partial<MigrationView> = {}): MigrationRecord {
  return { format: 1, at: '2026-01-01T00:00:09.000Z', view: buildView(change), report: buildEmptyReport() };
}

/** A migration as the API shows it, switched and with nothing open. */
export function buildView(change: Partial<MigrationView> = {}): MigrationView {
  return {
    id: 'm1',
    name: 'docs',
    phase: 'observing',
    phaseNumber: 7,
    epoch: 3,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:08.000Z',
    source: 'docs_v1',
    target: 'docs_v2',
    alias: 'docs',
    possible: ['rollback', 'complete'],
    progress: {
      pass: null,
      sourcePoints: 7,
      points: 7,
      ranges: { total: 1, done: 1, failed: 0, splitDone: true },
      setAside: 0,
      accepted: 0,
      texts: 7,
      tokens: 21,
      batchTokens: 0,
      kept: 0,
      costUsd: 0.0001,
      pointsPerSecond: null,
      etaSeconds: null,
    },
    owner: null,
    waiting: null,
    bound: null,
    pace: null,
    stoppedAt: null,
    fits: [],
    error: null,
    verification: null,
    lag: null,
    gates: null,
    overrides: [],
    blockedBy: [],
    filling: null,
    reverseSync: null,
    bridge: null,
    lateWrites: { open: 0, findings: [] },
    writers: null,
    rollback: null,
    next: 'Readers see the new collection.',
    queryChange: [],
    ...change,
  };
}
