import { describe, expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
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
});
