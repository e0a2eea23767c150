import { describe, expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import { ReembedError } from '../domain/error.ts';
import { buildSpec, startFleet } from './fleet.fixture.ts';

/** A migration that is ready, or observed, whose next act is not agreed to. */
async function refusing(phase: 'switching' | 'rolling-back' | 'completing') {
  const on = await startFleet();
  await on.submit(buildSpec({ vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } } }));
  await on.settle();
  if (phase !== 'switching') {
    await command(on.deps, 'm1', 'switch');
    await on.settle();
  }
  on.beforePhase.agrees = (migration) => {
    if (migration.phase === phase) throw new ReembedError('hook-failed', 'it did not agree');
  };
  return on;
}

describe('a phase that wants agreement', () => {
  it.each([
    ['switching', 'switch', 'failed', 'docs_v1'],
    ['rolling-back', 'rollback', 'observing', 'docs_v2'],
    ['completing', 'complete', 'observing', 'docs_v2'],
  ] as const)('what does not agree before %s keeps it from being done', async (phase, word, stays, alias) => {
    const on = await refusing(phase);
    await command(on.deps, 'm1', word, { confirm: 'docs_v1' });
    await on.settle();
    const { phase: now, error } = await on.load();
    expect([now, error?.code, await on.alias()]).toEqual([stays, 'hook-failed', alias]);
    expect(await on.deps.collections.names()).toContain('docs_v1');
  });
});
