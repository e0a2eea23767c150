import { expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import { submit } from '../commands/submit.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

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

it('in place, too: a collection that came to be of another, which an older Redis does not know, is left alone, and the way on names it', async () => {
  const spec = buildSpec({
    target: { collection: 'docs_v1', inPlace: true },
    vectors: { new: { embed: { model: 'fake/4', text: '{{body}}' } } },
  });
  const before = await startFleet();
  await before.submit(spec);
  await before.settle();
  const of = Object((await before.stores.collections.describe('docs_v1'))?.metadata);
  const on = await startFleet();
  await on.submit(spec);
  await on.stores.collections.patch('docs_v1', { metadata: { ...of, reembed: { ...of.reembed, id: 'm0' } } });
  await on.settle().catch(() => undefined);
  const { phase, error } = await on.load();
  expect([phase, error?.code]).toEqual(['failed', 'plan-blocked']);
  expect(error?.message).toContain('or go on with migration m0, whose it is: `reembed cancel m1`, then `reembed adopt docs_v1`');
});

it('a submission that slept until another one of its spec had completed is cancelled, though readers use the target of that one', async () => {
  const on = await startFleet({ points: docs(40) });
  const spec = buildSpec({ vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } } });
  const insert: typeof on.deps.migrations.insert = async (...given) => {
    await on.submit(spec);
    await on.until('ready', 'm2');
    await command(on.deps, 'm2', 'switch');
    await on.until('observing', 'm2');
    await on.settle();
    await command(on.deps, 'm2', 'complete', { confirm: 'docs_v1' });
    await on.settle();
    return on.state.migrations.insert(...given);
  };
  await submit({ ...on.deps, migrations: { ...on.deps.migrations, insert } }, spec);
  await on.settle();
  expect(await on.load()).toMatchObject({ phase: 'failed', error: { message: 'the source collection "docs_v1" is gone' } });
  await command(on.deps, 'm1', 'cancel');
  await on.settle();
  expect((await on.load()).phase).toBe('cancelled');
  expect(await on.aliases()).toEqual({ docs: 'docs_v2' });
  expect(on.stores.pointsOf('docs_v2')).toHaveLength(40);
});
