import type { WaitKind } from '@reembed/contracts';
import { buildMigration } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { reportOf } from '../commands/build-report.ts';
import { command } from '../commands/commands.ts';
import { viewOf } from '../commands/view.ts';
import { waitingFor } from '../domain/transitions.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

const renewed = buildSpec({ vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } } });

async function held() {
  const on = await startFleet({ points: docs(7) });
  await on.submit(renewed);
  await on.until('copying');
  await on.state.rateBudget.coolDown('fake/4', 600_000, 'it answered 429; it says: quota of the day');
  await on.step();
  return on;
}

it('says what a provider that asks to wait said, for how long, and how it is asked now', async () => {
  const on = await held();
  const { waiting, progress, possible } = await viewOf(on.deps, await on.load());
  expect(waiting).toMatchObject({
    kind: 'provider',
    reason: 'for fake/4, which is asked again in 600 s, or now by `reembed resume m1`: it answered 429; it says: quota of the day',
  });
  expect(progress.etaSeconds).toBeNull();
  expect(possible).toContain('resume');
});

it('says what was found out of what a provider takes at once', async () => {
  const on = await held();
  await on.state.rateBudget.learn('fake/4', { inputs: 8 });
  expect((await viewOf(on.deps, await on.load())).fits).toEqual([
    'fake/4: at most 8 texts a request, as was found out; more is tried now and then',
  ]);
});

it('a word lifts the wait, and the migration goes on in its phase', async () => {
  const on = await held();
  const before = await on.load();
  await command(on.deps, 'm1', 'resume');
  expect(await on.state.rateBudget.held('fake/4')).toBeNull();
  expect(await on.load()).toMatchObject({ phase: before.phase, phaseNumber: before.phaseNumber });
  await on.settle();
  expect((await on.load()).phase).toBe('ready');
});

it('resume after a pause lifts it too', async () => {
  const on = await held();
  await command(on.deps, 'm1', 'pause');
  await on.until('paused');
  await command(on.deps, 'm1', 'resume');
  expect(await on.state.rateBudget.held('fake/4')).toBeNull();
});

it('what it waited for a provider within a phase is no time that the phase took, also while it still waits, and across a pause', async () => {
  const on = await held();
  const copying = async () => (await reportOf(on.deps, await on.load())).phases.filter(({ phase }) => phase === 'copying');
  on.clock.advance(300_000);
  const [waits] = await copying();
  expect(waits?.waitedMs).toBeGreaterThanOrEqual(300_000);
  expect(waits?.tookMs).toBeLessThan(60_000);
  await command(on.deps, 'm1', 'pause');
  await on.until('paused');
  on.clock.advance(3_600_000);
  await command(on.deps, 'm1', 'resume');
  await on.settle();
  const both = await copying();
  expect(both.reduce((sum, { waitedMs }) => sum + waitedMs, 0)).toBeLessThan(400_000);
  expect(both.reduce((sum, { tookMs }) => sum + tookMs, 0)).toBeLessThan(60_000);
  expect(both[0]?.waitedMs).toBeGreaterThanOrEqual(300_000);
});

it('that workers embed and that Qdrant indexes is work', () => {
  const at = (seconds: number) => new Date(seconds * 1_000).toISOString();
  const begun = buildMigration({ history: [{ phase: 'copying', at: at(0) }] });
  const waited = (kind: WaitKind) => waitingFor(waitingFor(begun, { kind, reason: 'r' }, at(1)), null, at(4)).history.at(-1)?.waitedMs ?? 0;
  const kinds = ['provider', 'away', 'worker', 'lock', 'embedding', 'indexing', 'writers'] as const;
  expect(kinds.map(waited)).toEqual([3_000, 3_000, 3_000, 3_000, 0, 0, 0]);
});
