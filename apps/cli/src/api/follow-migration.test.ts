import type { GateName, MigrationView, Verdict } from '@reembed/contracts';
import { expect, it } from 'vitest';
import { buildView } from '../terminal/build-view.fixture.ts';
import { hasSettled, showMigration } from './follow-migration.ts';

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

/** What somebody is told who is interrupted while they follow a migration. */
async function interrupted(own: boolean): Promise<string[]> {
  const lines: string[] = [];
  const ctrlC = new AbortController();
  const api = {
    view: async () => buildView(),
    async *events() {
      yield { kind: 'open' as const };
      ctrlC.abort(new Error('interrupted'));
    },
  };
  const cli = { signal: ctrlC.signal, json: false, terminal: null, say: (line: string) => void lines.push(line) };
  const followed = { api, own, lost: new Promise<never>(() => undefined) };
  await expect(showMigration(cli, followed, 'm1', () => false)).rejects.toThrow('interrupted');
  return lines;
}

it('who stops following a migration of a fleet elsewhere is told that it goes on, and how to stop it', async () => {
  expect(await interrupted(false)).toEqual(['copying', 'Migration m1 goes on without this command; to stop it: `reembed pause m1`']);
});

it('with a fleet of its own a command says nothing of the kind: that ends with it', async () => {
  expect(await interrupted(true)).toEqual(['copying']);
});
