import type { GateName, MigrationView, Verdict } from '@reembed/contracts';
import { expect, it } from 'vitest';
import { hasSettled } from './follow-migration.ts';

const measured = (shadow: Verdict) => ({ shadow: { verdict: shadow, reasons: [] } });
const ready = (blockedBy: readonly GateName[], shadow: Verdict) =>
  ({ phase: 'ready', progress: { setAside: 0 }, blockedBy, gates: measured(shadow) }) as unknown as MigrationView;

it.each<[string, MigrationView, boolean]>([
  ['a gate that goes by searches which are still to come', ready(['shadow'], 'inconclusive'), false],
  ['one that has failed by them', ready(['shadow'], 'fail'), true],
  ['one that no search decides', ready(['quality', 'shadow'], 'inconclusive'), true],
  ['no gate', ready([], 'pass'), false],
])('a migration that is to switch and is held up by %s is waited for, or not', (_, view, isSettled) => {
  expect(hasSettled(view)).toBe(isSettled);
});
