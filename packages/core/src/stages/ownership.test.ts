import { metadataKeys, readOwner } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import { viewOf } from '../commands/view.ts';
import { startFleet } from './fleet.fixture.ts';
import { releaseAll, showAlive } from './ownership.ts';

async function copied() {
  const on = await startFleet();
  await on.submit();
  await on.settle();
  const owner = async () => readOwner((await on.stores.collections.describe('docs_v2'))?.metadata);
  const writes = () => on.stores.acts.filter((act) => act.startsWith('patch docs_v2')).length;
  /** What another fleet writes that takes it over. */
  const takenOver = async () => {
    const phase = (await on.stores.collections.describe('docs_v2'))?.metadata[metadataKeys.phase] as object;
    await on.stores.collections.patch('docs_v2', {
      metadata: {
        [metadataKeys.phase]: { ...phase, owner: 'another', number: 90 },
        [metadataKeys.owner]: { id: 'another', name: 'laptop', aliveAt: '2026-01-01T00:00:00.000Z', releasedAt: null },
      },
    });
  };
  return { ...on, owner, writes, takenOver };
}

describe('a target', () => {
  it('names its owner from its first moment on, and with every phase when it was last alive', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('copying');
    const owner = async () => readOwner((await on.stores.collections.describe('docs_v2'))?.metadata);
    const name = 'here (http://127.0.0.1:8765)';
    expect(await owner()).toEqual({ id: 'fleet', name, aliveAt: on.clock.now().toISOString(), releasedAt: null, endsWith: null });
    on.clock.advance(60_000);
    const now = on.clock.now().toISOString();
    await on.settle();
    expect(((await owner())?.aliveAt ?? '') >= now).toBe(true);
    expect((await viewOf(on.deps, await on.load())).owner).toEqual(await owner());
  });

  it('is told that its fleet lives, at most every 15 s, whoever of the fleet asks', async () => {
    const on = await copied();
    on.clock.advance(20_000);
    const before = on.writes();
    await showAlive(on.deps);
    await showAlive(on.deps);
    expect(on.writes()).toBe(before + 1);
    expect((await on.owner())?.aliveAt).toBe(on.clock.now().toISOString());
  });

  it('is given up in words by a fleet that ends, and taken back by one that begins again', async () => {
    const on = await copied();
    await releaseAll(on.deps);
    expect((await on.owner())?.releasedAt).toBe(on.clock.now().toISOString());
    await showAlive(on.deps);
    expect((await on.owner())?.releasedAt).toBeNull();
  });

  it('is left alone once its migration has ended', async () => {
    const on = await copied();
    await command(on.deps, 'm1', 'cancel');
    await on.settle();
    on.clock.advance(60_000);
    const before = on.writes();
    await showAlive(on.deps);
    await releaseAll(on.deps);
    expect(on.writes()).toBe(before);
    expect((await viewOf(on.deps, await on.load())).owner).toBeNull();
  });

  it('of another fleet is not written to, by its late words least of all', async () => {
    const on = await copied();
    await on.takenOver();
    const before = on.writes();
    await showAlive(on.deps);
    await releaseAll(on.deps);
    expect(on.writes()).toBe(before);
    expect(await on.owner()).toMatchObject({ id: 'another', name: 'laptop' });
  });
});

describe('a fleet whose migration another one has taken', () => {
  it('notices it where the migration rests, too', async () => {
    const on = await copied();
    await command(on.deps, 'm1', 'pause');
    await on.settle();
    await on.takenOver();
    await showAlive(on.deps);
    expect(await on.load()).toMatchObject({ phase: 'paused', error: { code: 'superseded' } });
    const errors = on.state.events.published.filter(({ event }) => event.type === 'error');
    await showAlive(on.deps);
    expect(on.state.events.published.filter(({ event }) => event.type === 'error')).toEqual(errors);
  });

  it('says so while it observes, and works on it no more', async () => {
    const on = await copied();
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    await on.takenOver();
    await on.deps.stageQueue.enqueue({ migrationId: 'm1', phaseNumber: (await on.load()).phaseNumber });
    await on.step();
    expect(await on.load()).toMatchObject({ phase: 'observing', error: { code: 'superseded' } });
    expect(on.state.stageQueue.jobs).toEqual([]);
  });
});

it('an owner that another one wrote over is known by the phase, and by that alone', async () => {
  const on = await copied();
  await on.stores.collections.patch('docs_v2', {
    metadata: {
      [metadataKeys.owner]: { id: 'a zombie', name: 'laptop', aliveAt: '2026-01-01T00:00:00.000Z', releasedAt: '2026-01-01T00:00:00.000Z' },
    },
  });
  expect(await on.owner()).toMatchObject({ id: 'fleet', name: null, releasedAt: null });
  await showAlive(on.deps);
  expect(await on.owner()).toMatchObject({ id: 'fleet', name: 'here (http://127.0.0.1:8765)' });
});
