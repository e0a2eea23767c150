import type { MigrationEvent } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { progress } from './build-view.fixture.ts';
import { createReporter } from './reporter.ts';

const at = '2026-01-01T00:00:00.000Z';
const progressEvent = (points: number): MigrationEvent => ({ type: 'progress', at, progress: { ...progress, points } });

function reporterInto(lines: string[], now: () => number) {
  return createReporter({ json: false, terminal: null, say: (line) => lines.push(line), now });
}

test('without a terminal progress is a line now and then, and never the same line twice', () => {
  const lines: string[] = [];
  let now = 0;
  const reporter = reporterInto(lines, () => now);
  reporter.onEvent(progressEvent(100));
  reporter.onEvent(progressEvent(200));
  now = 10_000;
  reporter.onEvent(progressEvent(100));
  reporter.onEvent(progressEvent(300));
  expect(lines).toEqual([
    '  copy: 100 of 1,000 points, 50 points/s, ETA 15 s, $0.0021',
    '  copy: 300 of 1,000 points, 50 points/s, ETA 15 s, $0.0021',
  ]);
});

test('a phase is told once, however often it is seen', () => {
  const lines: string[] = [];
  const reporter = reporterInto(lines, () => 0);
  reporter.onView({ phase: 'copying', waiting: null });
  reporter.onEvent({ type: 'phase', at, phase: 'copying', number: 2 });
  reporter.onEvent({ type: 'phase', at, phase: 'indexing', number: 3 });
  expect(lines).toEqual(['copying', 'indexing']);
});

test('waiting, notes and errors are told with their reason', () => {
  const lines: string[] = [];
  const reporter = reporterInto(lines, () => 0);
  reporter.onEvent({ type: 'waiting', at, reason: 'for a worker: none is running' });
  reporter.onEvent({ type: 'error', at, code: 'model-changed', message: 'the model is another' });
  expect(lines).toEqual(['  waiting for a worker: none is running', '  the model is another [model-changed]']);
});

test('who begins to follow a migration that waits is told for what, once until something goes on', () => {
  const lines: string[] = [];
  const reporter = reporterInto(lines, () => 0);
  const waiting = { kind: 'worker' as const, reason: 'for a worker: none is running', since: at };
  reporter.onView({ phase: 'preparing', waiting });
  expect(lines).toEqual(['preparing', '  waiting for a worker: none is running']);
  reporter.onEvent({ type: 'waiting', at, reason: waiting.reason });
  reporter.onView({ phase: 'preparing', waiting });
  expect(lines).toHaveLength(2);
  reporter.onEvent(progressEvent(100));
  reporter.onEvent({ type: 'waiting', at, reason: waiting.reason });
  expect(lines.slice(3)).toEqual(['  waiting for a worker: none is running']);
});

test('where a document is wanted, progress is no line of it', () => {
  const lines: string[] = [];
  createReporter({ json: true, terminal: null, say: (line) => lines.push(line) }).onEvent(progressEvent(1));
  expect(lines).toEqual([]);
});
