import { describe, expect, it } from 'vitest';
import { adoptTarget } from '../commands/adopt.ts';
import { command } from '../commands/commands.ts';
import { discard } from '../commands/discard.ts';
import { startFleet } from './fleet.fixture.ts';
import { reconcile } from './run-stage.ts';

describe('the alias by which a migration is seen under way', () => {
  it.each(['switch', 'cancel'] as const)('does not stay where a coordinator that slept makes it after %s', async (word) => {
    const on = await startFleet();
    await on.submit();
    await on.settle();
    await command(on.deps, 'm1', word);
    await on.settle();
    await on.stores.collections.pointAlias('docs.next', 'docs_v2');
    await reconcile(on.deps);
    expect(await on.alias('docs.next')).toBeUndefined();
  });

  it('stays while its migration goes on, also where one that ended had the same target', async () => {
    const on = await startFleet();
    await on.submit();
    await on.settle();
    await command(on.deps, 'm1', 'cancel');
    await on.settle();
    await on.stores.collections.drop('docs_v2');
    const { migration } = await on.submit();
    await on.until('ready', migration.id);
    expect((await on.state.migrations.list()).map(({ phase }) => phase)).toEqual(['ready', 'cancelled']);
    await reconcile(on.deps);
    expect(await on.alias('docs.next')).toBe('docs_v2');
  });

  it.each([
    ['cancelled', (on: On) => command(on.deps, 'm1', 'cancel')],
    ['discarded', (on: On) => discard(on.deps, 'm1')],
  ])('is left to whose the target is where one that found the name taken is %s', async (_, end) => {
    const on = await startFleet();
    await on.submit();
    const others = { reembed: { id: 'm0' } };
    await on.stores.collections.create('docs_v2', { vectors: {}, metadata: others });
    await on.stores.collections.pointAlias('docs.next', 'docs_v2');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'plan-blocked' } });
    await end(on);
    await on.settle();
    expect(await on.alias('docs.next')).toBe('docs_v2');
  });

  it.each([1, 2, 3, 4, 5])(
    'is left to who has taken the target up again, by a run of the switch before that slept in its look %i',
    async (at) => {
      const on = await startFleet();
      await on.submit();
      await on.settle();
      await command(on.deps, 'm1', 'switch');
      let looks = 0;
      const aliases: typeof on.deps.collections.aliases = async () => {
        const seen = await on.deps.collections.aliases();
        if (seen.get('docs') === 'docs_v2' && ++looks === at) await rolledBackAndTakenUpAgain(on);
        return seen;
      };
      const sleepy = { collections: { ...on.deps.collections, aliases } };
      while (looks < at) {
        await on.step(sleepy);
        await on.work();
      }
      expect(await on.alias('docs.next')).toBe('docs_v2');
    },
  );
});

type On = Awaited<ReturnType<typeof startFleet>>;

async function rolledBackAndTakenUpAgain(on: On): Promise<void> {
  await reconcile(on.deps);
  await on.settle();
  await command(on.deps, 'm1', 'rollback');
  await on.settle();
  expect((await on.load()).phase).toBe('rolled-back');
  const { migration } = await adoptTarget(on.deps, 'docs_v2', { again: true });
  await on.until('ready', migration.id);
}
