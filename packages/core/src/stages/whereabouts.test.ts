import { describe, expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import { viewOf } from '../commands/view.ts';
import { ReembedError } from '../domain/error.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

const renewed = buildSpec({ vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } } });
const twoStep = buildSpec();

async function observing(spec = renewed) {
  const on = await startFleet({ points: docs(20) });
  await on.submit(spec);
  await on.settle();
  await command(on.deps, 'm1', 'switch');
  await on.settle();
  expect((await on.load()).phase).toBe('observing');
  return { ...on, view: async () => viewOf(on.deps, await on.load()) };
}

type On = Awaited<ReturnType<typeof observing>>;

const deleted = (on: On) => on.stores.collections.drop('docs_v2');
const madeAnew = async (on: On) => {
  await deleted(on);
  await on.stores.collections.create('docs_v2', { vectors: { size: 4, distance: 'Dot' } });
  await on.stores.collections.pointAlias('docs', 'docs_v2');
};

describe.each([
  ['was deleted by hand', deleted],
  ['was deleted and made anew by somebody', madeAnew],
])('a target that %s after the switch', (_, harm) => {
  it.each([
    ['', renewed],
    [' of a two-step migration', twoStep],
  ])('is said to be gone, the last copy is not deleted, and the advice leads readers back%s', async (_kind, spec) => {
    const on = await observing(spec);
    await harm(on);
    const { next, possible } = await on.view();
    expect(next).toContain('The target "docs_v2" is gone');
    expect(next).toContain('`reembed rollback m1`');
    expect(possible).toEqual(['rollback']);
    await expect(command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' })).rejects.toThrow('is gone');
    await command(on.deps, 'm1', 'rollback');
    await on.settle();
    expect((await on.load()).phase).toBe('rolled-back');
    expect(await on.alias()).toBe('docs_v1');
    expect(on.stores.pointsOf('docs_v1')).toHaveLength(20);
  });
});

it('a target that goes while it is completed leaves the old collection, and is said to be gone', async () => {
  const on = await observing();
  await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
  await deleted(on);
  for (let n = 0; n < 10; n++) await on.step();
  expect(await on.load()).toMatchObject({ phase: 'observing', error: { message: expect.stringContaining('`reembed rollback m1`') } });
  expect(on.stores.pointsOf('docs_v1')).toHaveLength(20);
});

describe('an alias that somebody moved after the switch', () => {
  it('elsewhere: it is left alone and said, nothing is deleted, and completing ends the migration once the old collection is gone', async () => {
    const on = await observing();
    await on.stores.collections.create('docs_v3', { vectors: {} });
    await on.stores.collections.pointAlias('docs', 'docs_v3');
    const { next, possible } = await on.view();
    expect(next).toMatch(
      /points at "docs_v3", of which .* point it at "docs_v2" again; or, .* delete "docs_v1" yourself; then `reembed complete/,
    );
    expect(possible).toEqual([]);
    for (const word of ['rollback', 'complete'] as const)
      await expect(command(on.deps, 'm1', word, { confirm: 'docs_v1' })).rejects.toThrow('of which this migration knows nothing');
    expect((await on.stores.collections.describe('docs_v1'))?.metadata['reembed.drop']).toBeUndefined();
    await on.stores.collections.drop('docs_v1');
    expect(await on.view()).toMatchObject({ possible: ['complete'], next: expect.not.stringContaining('delete "docs_v1"') });
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await on.settle();
    expect((await on.load()).phase).toBe('completed');
    expect(await on.alias()).toBe('docs_v3');
  });

  it('elsewhere, by the switch of another fleet: it says by which migration, and nothing is deleted', async () => {
    const on = await observing();
    const { metadata } = (await on.stores.collections.describe('docs_v2')) ?? {};
    const another = { ...metadata, reembed: { ...Object(metadata?.reembed), id: 'm7' } };
    await on.stores.collections.create('docs_v3', { vectors: {}, metadata: another });
    await on.stores.collections.pointAlias('docs', 'docs_v3');
    expect(await on.view()).toMatchObject({
      possible: [],
      next: expect.stringContaining('points at "docs_v3", where migration m7 has led it'),
    });
    await expect(command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' })).rejects.toThrow('m7');
  });

  it('elsewhere, with the target gone: rolling back ends the migration and leaves the alias alone', async () => {
    const on = await observing();
    await on.stores.collections.create('docs_v3', { vectors: {} });
    await deleted(on);
    await on.stores.collections.pointAlias('docs', 'docs_v3');
    expect((await on.view()).possible).toEqual(['rollback']);
    await command(on.deps, 'm1', 'rollback');
    await on.settle();
    expect((await on.load()).phase).toBe('rolled-back');
    expect(await on.alias()).toBe('docs_v3');
  });

  it.each([
    ['back', 'docs_v1'],
    ['away', null],
  ])('%s: status says so, nothing is deleted, and rolling back ends it', async (_, to) => {
    const on = await observing();
    if (to === null) await on.stores.collections.dropAlias('docs');
    else await on.stores.collections.pointAlias('docs', to);
    expect((await on.view()).next).toMatch(
      /The alias "docs" (is gone|points at "docs_v1" again), and not by this migration: `reembed rollback m1`/,
    );
    expect((await on.view()).possible).toEqual(['rollback']);
    await expect(command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' })).rejects.toThrow('and not by this migration');
    expect((await on.stores.collections.describe('docs_v1'))?.metadata['reembed.drop']).toBeUndefined();
    await command(on.deps, 'm1', 'rollback');
    await on.settle();
    expect((await on.load()).phase).toBe('rolled-back');
    expect(await on.alias()).toBe('docs_v1');
  });
});

it.each([
  ['is deleted', (on: On) => on.stores.collections.dropAlias('docs')],
  ['is moved elsewhere', (on: On) => on.stores.collections.pointAlias('docs', 'docs_v3')],
])('an alias that %s after any look of a word to complete keeps the old collection, without its mark', async (_, move) => {
  for (let look = 0; ; look++) {
    const on = await observing();
    await on.stores.collections.create('docs_v3', { vectors: {} });
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    let looks = 0;
    let moved = false;
    const meddled = async <T>(asked: Promise<T>): Promise<T> => {
      const answer = await asked;
      if (looks++ === look) {
        await move(on);
        moved = true;
        // Whoever was stopped here for as long looks again.
        on.clock.advance(60_000);
      }
      return answer;
    };
    const collections = { ...on.deps.collections };
    collections.aliases = () => meddled(on.deps.collections.aliases());
    collections.describe = (name) => meddled(on.deps.collections.describe(name));
    await on.step({ collections });
    if (!moved) break;
    await on.settle();
    expect(await on.load()).toMatchObject({
      phase: 'observing',
      error: { code: 'wrong-state', message: expect.stringContaining('The alias "docs"') },
    });
    expect((await on.stores.collections.describe('docs_v1'))?.metadata['reembed.drop']).toBeNull();
  }
});

it('a Qdrant that is away keeps nobody from seeing what is known', async () => {
  const on = await observing();
  const aliases = async () => Promise.reject(new ReembedError('qdrant-unreachable', 'away'));
  const view = await viewOf({ ...on.deps, collections: { ...on.deps.collections, aliases } }, await on.load());
  expect(view.phase).toBe('observing');
});
