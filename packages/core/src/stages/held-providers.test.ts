import { expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import { viewOf } from '../commands/view.ts';
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
