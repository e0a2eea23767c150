import { expect, it } from 'vitest';
import { adoptTarget } from '../commands/adopt.ts';
import { command } from '../commands/commands.ts';
import { ReembedError } from '../domain/error.ts';
import { anotherFleet, buildSpec, docs, startFleet } from './fleet.fixture.ts';
import { holdingWriters, keepFrozen, release } from './freeze.ts';
import { reconcile } from './run-stage.ts';

const freeze = { url: 'http://writers.example/hold', timeoutMs: 30_000 };
const spec = buildSpec({ vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } }, switch: { mode: 'manual', freeze } });

async function switching() {
  const on = await startFleet({ points: docs(20) });
  await on.submit(spec);
  await on.settle();
  await command(on.deps, 'm1', 'switch');
  return on;
}

it('a coordinator that slept with a hold of its own frees nobody who is held by another since', async () => {
  const on = await switching();
  const sleeper = { holds: new Map() };
  while (sleeper.holds.size === 0) await on.step(sleeper);
  const ofSleeper = on.freezeHook.held;
  const asleep = await on.load();
  const another = { holds: new Map() };
  await on.step(another);
  const ofAnother = on.freezeHook.held;
  expect(ofAnother).not.toBe(ofSleeper);
  // It wakes and fails, as somebody does who has lost the stage: whatever it held it lets go.
  const refused = async () => Promise.reject(new ReembedError('qdrant-refused', 'no'));
  await expect(holdingWriters({ ...on.deps, ...sleeper }, asleep, refused)).rejects.toThrow('no');
  expect(on.freezeHook.held).toBe(ofAnother);
});

it('coordinators that take turns in a switch hold writers throughout, and let them go with it', async () => {
  const on = await switching();
  const [one, another] = [{ holds: new Map() }, { holds: new Map() }];
  const held: (string | null)[] = [];
  // The alias is moved by the one, and the switch ended by the other, which held before.
  for (let turn = 0; (await on.load()).phase === 'switching'; turn++) {
    const hasMoved = (await on.alias()) === 'docs_v2';
    const isNext = hasMoved ? one.holds.get('m1')?.token !== on.freezeHook.held : turn % 2 === 0;
    await on.step(isNext ? one : another);
    if (hasMoved) expect(on.freezeHook.held).toBeNull();
    if ((await on.alias()) !== 'docs_v2' && one.holds.size > 0) held.push(on.freezeHook.held);
    await on.work();
  }
  expect((await on.load()).phase).toBe('observing');
  expect(new Set(held).size).toBeGreaterThan(1);
  expect(held).not.toContain(null);
  expect(on.freezeHook.held).toBeNull();
});

it('a hold that another coordinator has ended counts for nobody any more', async () => {
  const on = await switching();
  const one = { holds: new Map() };
  while (one.holds.size === 0) await on.step(one);
  await release(on.deps, await on.load());
  expect(on.freezeHook.held).toBeNull();
  expect(await keepFrozen({ ...on.deps, ...one }, await on.load())).toBe('unknown');
  expect(on.freezeHook.held).not.toBeNull();
});

it('a hold that comes late, once others have ended the switch, is let go with the step that asked for it', async () => {
  const on = await switching();
  const sleeper = { holds: new Map() };
  const { hold } = on.freezeHook;
  let slept = false;
  const freezeHook = {
    async hold(url: string, asked: Parameters<typeof hold>[1] & { timeoutMs: number; migration: string }) {
      slept = true;
      await reconcile(on.deps);
      await on.settle();
      await on.deps.freezeHook.hold(url, asked);
    },
    release: on.freezeHook.release.bind(on.freezeHook),
  };
  while ((await on.load()).cutover !== 'compare') {
    await on.step({ holds: new Map() });
    await on.work();
  }
  while (!slept) await on.step({ ...sleeper, freezeHook });
  expect((await on.load()).phase).toBe('observing');
  expect(on.freezeHook.asked.at(-1)).toBe('release');
  expect(on.freezeHook.held).toBeNull();
});

it('a coordinator that slept over a switch takes the alias for moved by the other, not by hand: deletes since then stay deletes', async () => {
  const on = await switching();
  let slept = false;
  const freezeHook = {
    async hold(url: string, asked: { token: string; timeoutMs: number; migration: string }) {
      await on.deps.freezeHook.hold(url, asked);
      if (slept) return;
      slept = true;
      await reconcile(on.deps);
      const awake = { holds: new Map() };
      for (let n = 0; n < 100 && (await on.alias()) !== 'docs_v2'; n++) {
        await on.step(awake);
        await on.work();
      }
    },
    release: on.freezeHook.release.bind(on.freezeHook),
  };
  const sleeper = { holds: new Map(), freezeHook };
  for (let n = 0; n < 10 && !slept; n++) await on.step(sleeper);
  expect(await on.alias()).toBe('docs_v2');
  expect(await on.load()).toMatchObject({ phase: 'switching', error: null });
  on.stores.remove('docs_v2', [{ kind: 'integer', id: '12' }]);
  await reconcile(on.deps);
  await on.settle();
  expect(await on.load()).toMatchObject({ phase: 'observing', lateWrites: [] });
});

it('whoever goes on after a coordinator died behind the alias action ends its hold', async () => {
  const on = await switching();
  const dying = {
    holds: new Map(),
    collections: {
      ...on.deps.collections,
      async pointAlias(alias: string, collection: string) {
        await on.deps.collections.pointAlias(alias, collection);
        if (alias === 'docs') throw new ReembedError('qdrant-unreachable', 'it died here');
      },
    },
  };
  while ((await on.alias()) !== 'docs_v2') {
    await on.step(dying);
    await on.work();
  }
  expect(on.freezeHook.held).not.toBeNull();
  await on.settle();
  expect((await on.load()).phase).toBe('observing');
  expect(on.freezeHook.held).toBeNull();
});

it('a hold whose answer was lost is ended all the same', async () => {
  const on = await switching();
  const { hold, release } = on.freezeHook;
  const freezeHook = {
    hold: async (url: string, asked: Parameters<typeof hold>[1] & { timeoutMs: number; migration: string }) => {
      await on.deps.freezeHook.hold(url, asked);
      throw new ReembedError('freeze-failed', 'the answer was lost');
    },
    release: release.bind(on.freezeHook),
  };
  await on.settle({ freezeHook });
  expect((await on.load()).error?.code).toBe('freeze-failed');
  expect(on.freezeHook.held).toBeNull();
});

it('writers are let go also where the switch is stopped before its stage begins: another fleet has it by then', async () => {
  const on = await switching();
  while (on.freezeHook.held === null) await on.step();
  await adoptTarget(anotherFleet(on.deps), 'docs_v2', { takeOver: true });
  while ((await on.load()).phase === 'switching') await on.step();
  expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'superseded' } });
  expect(on.freezeHook.held).toBeNull();
});
