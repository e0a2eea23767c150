import { expect, it } from 'vitest';
import { startFleet } from './fleet.fixture.ts';

it('a target that came into being meanwhile is left alone, and the way on names the migration whose it is', async () => {
  const before = await startFleet();
  await before.submit();
  await before.settle();
  const stored = await before.stores.collections.describe('docs_v2');
  const on = await startFleet();
  await on.submit();
  await on.stores.collections.create('docs_v2', { vectors: {}, metadata: { reembed: { ...Object(stored?.metadata.reembed), id: 'm0' } } });
  await on.settle().catch(() => undefined);
  const { phase, error } = await on.load();
  expect([phase, error?.code]).toEqual(['failed', 'plan-blocked']);
  expect(error?.message).toContain('or go on with migration m0, whose it is: `reembed cancel m1`, then `reembed adopt docs_v2`');
});
