import type { Phase } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { adoptTarget } from '../commands/adopt.ts';
import { command } from '../commands/commands.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

const renewed = buildSpec({ vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } } });
const written = { id: { kind: 'integer', id: '100' }, payload: '{"body":"acknowledged"}', vectors: { '': '[1.0,0.0,0.0,0.0]' } } as const;

/** A migration that has switched, whose Redis then comes back as it was in `phase`. */
async function agedTo(phase: Phase) {
  const on = await startFleet({ points: docs(40) });
  await on.submit(renewed);
  await on.until(phase);
  const old = await on.load();
  await on.settle();
  await command(on.deps, 'm1', 'switch');
  await on.settle();
  expect((await on.load()).phase).toBe('observing');
  on.stores.put('docs_v2', [written]);
  await on.state.migrations.update('m1', () => old);
  await on.state.ranges.forgetPasses('m1', 1e9, []);
  for (let epoch = 0; epoch < 9; epoch++) on.state.writers.lose('m1', epoch);
  await on.deps.stageQueue.enqueue({ migrationId: 'm1', phaseNumber: old.phaseNumber });
  return on;
}

describe.each(['preparing', 'copying', 'indexing', 'verifying', 'ready'] as const)('a Redis that comes back as it was in %s', (phase) => {
  it('stops by name, is not resumed from there, and goes on from what the target says on a word', async () => {
    const on = await agedTo(phase);
    for (let n = 0; n < 30; n++) {
      await on.step();
      await on.work();
      on.clock.advance(10_000);
    }
    expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'superseded' } });
    await expect(command(on.deps, 'm1', 'resume')).rejects.toThrow('`reembed adopt docs_v2`');
    await adoptTarget(on.deps, 'docs_v2');
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
    expect(on.stores.pointsOf('docs_v2').map(({ id }) => id.id)).toContain('100');
  });
});

it('the same phase number under another name is another way that was taken: it stops', async () => {
  const on = await startFleet({ points: docs(4) });
  await on.submit(renewed);
  await on.settle();
  const { phaseNumber } = await on.load();
  const info = await on.stores.collections.describe('docs_v2');
  const phase = { ...(info?.metadata['reembed.phase'] as object), number: phaseNumber + 1, phase: 'switching' };
  await on.stores.collections.patch('docs_v2', { metadata: { 'reembed.phase': phase } });
  await command(on.deps, 'm1', 'verify');
  await on.settle();
  expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'superseded' } });
});

it('a migration that was cancelled meanwhile is ended by the word that its error names', async () => {
  const on = await startFleet({ points: docs(4) });
  await on.submit(renewed);
  await on.settle();
  const old = await on.load();
  await command(on.deps, 'm1', 'cancel');
  await on.settle();
  await on.state.migrations.update('m1', () => old);
  await on.deps.stageQueue.enqueue({ migrationId: 'm1', phaseNumber: old.phaseNumber });
  await on.step();
  expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'superseded' } });
  await adoptTarget(on.deps, 'docs_v2');
  await on.settle();
  expect(await on.load()).toMatchObject({ phase: 'cancelled', error: null });
});
