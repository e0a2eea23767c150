import { metadataKeys, type Phase, readOwner, readPhase } from '@reembed/contracts';
import { createFakeState } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { type CoordinatorDeps, freshMemory } from '../ports/coordinator-deps.ts';
import { buildSpec, docs, startFleet } from '../stages/fleet.fixture.ts';
import { releaseAll, showAlive } from '../stages/ownership.ts';
import { reconcile } from '../stages/run-stage.ts';
import { adoptTarget } from './adopt.ts';
import { command } from './commands.ts';
import { discard } from './discard.ts';
import { keepRecord } from './keep-record.ts';
import { submit } from './submit.ts';
import { viewOf } from './view.ts';

const spec = buildSpec({ gates: { sampledPoints: 0 } });

type State = Awaited<ReturnType<typeof startFleet>>['state'];

/** Ports of their own over the same memory: what is put in the place of one is put in no other's. */
function portsOf(state: State): State {
  return Object.fromEntries(Object.entries(state).map(([name, port]) => [name, { ...port }])) as State;
}

/** Two fleets over one Qdrant. What the fixture runs is the fleet whose turn it is; the other one sleeps, with all it knows. */
async function twoFleets() {
  const on = await startFleet({ points: docs(9) });
  const { setAside, records, lateWrites } = on.state;
  const own = createFakeState({ clock: on.clock });
  const isSecond = { ...own.fleet, id: async () => 'second', isOurs: async (id: string) => id === 'second' };
  const fleets = { first: portsOf(on.state), second: { ...own, setAside, records, lateWrites, fleet: isSecond } };
  const depsOf = (name: keyof typeof fleets): CoordinatorDeps => ({
    ...on.deps,
    ...portsOf(fleets[name]),
    ...freshMemory(),
    coordinatorName: () => `${name} (http://${name}:8765)`,
  });
  const turn = (name: keyof typeof fleets) => {
    for (const [port, functions] of Object.entries(portsOf(fleets[name]))) Object.assign(on.state[port as keyof State], functions);
    const deps = depsOf(name);
    return { deps, settle: () => on.settle(deps), load: () => on.load() };
  };
  const metadata = async () => (await on.stores.collections.describe('docs_v2'))?.metadata;
  return { ...on, turn, depsOf, phase: async () => readPhase(await metadata()), owner: async () => readOwner(await metadata()) };
}

type TwoFleets = Awaited<ReturnType<typeof twoFleets>>;

/** The first fleet brings the migration there. */
async function broughtTo(on: TwoFleets, phase: Phase) {
  const { deps, settle } = on.turn('first');
  await submit(deps, spec);
  await settle();
  if (phase === 'paused') await command(deps, 'm1', 'pause');
  if (phase === 'observing') await command(deps, 'm1', 'switch');
  await settle();
  // Announced, and its record kept.
  await on.step(deps);
  await on.work();
  await settle();
  await keepRecord(deps, 'm1');
  expect((await on.load()).phase).toBe(phase);
  return deps;
}

describe('a migration that belongs to another fleet', () => {
  it.each(['adopt', 'submit'] as const)('is left as it is by %s, which names that fleet and when it was last alive', async (how) => {
    const on = await twoFleets();
    await broughtTo(on, 'ready');
    const [phase, owner] = [await on.phase(), await on.owner()];
    const { deps } = on.turn('second');
    on.clock.advance(7 * 24 * 3_600_000);
    const taking = how === 'adopt' ? adoptTarget(deps, 'docs_v2') : submit(deps, spec);
    await expect(taking).rejects.toMatchObject({
      code: 'other-fleet',
      message: expect.stringMatching(new RegExp(`first \\(http://first:8765\\), last alive at ${owner?.aliveAt}.*--take-over`)),
    });
    expect([await on.phase(), await on.owner(), await deps.migrations.list()]).toEqual([phase, owner, []]);
  });

  it('is not written anew where its phase was damaged', async () => {
    const on = await twoFleets();
    await broughtTo(on, 'ready');
    await on.stores.collections.patch('docs_v2', { metadata: { [metadataKeys.phase]: { number: 'odd' } } });
    const { deps } = on.turn('second');
    const rebuildMetadata = true;
    await expect(adoptTarget(deps, 'docs_v2', { rebuildMetadata })).rejects.toMatchObject({ code: 'other-fleet' });
    expect(await on.phase()).toBeNull();
    expect(await adoptTarget(deps, 'docs_v2', { rebuildMetadata, takeOver: true })).toMatchObject({ how: 'adopted' });
  });

  it('needs no word once that fleet gave it up, and none once it has ended', async () => {
    const on = await twoFleets();
    const first = await broughtTo(on, 'ready');
    await releaseAll(first);
    const second = on.turn('second');
    expect(await adoptTarget(second.deps, 'docs_v2')).toMatchObject({ how: 'adopted', migration: { phase: 'ready' } });
    await command(second.deps, 'm1', 'switch');
    await second.settle();
    await command(second.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await second.settle();
    await on.stores.collections.create('docs_v1', { vectors: { size: 2, distance: 'Dot' } });
    const { deps } = on.turn('first');
    await showAlive(deps);
    expect(await adoptTarget(deps, 'docs_v2')).toMatchObject({ how: 'adopted', migration: { phase: 'completed' } });
  });
});

describe('a migration that is taken over on a word', () => {
  it.each(['ready', 'observing', 'paused'] as const)('stays %s, and nothing of it is paid again', async (phase) => {
    const on = await twoFleets();
    await broughtTo(on, phase);
    const asked = on.embedder.requests.length;
    const { deps, settle, load } = on.turn('second');
    expect(await adoptTarget(deps, 'docs_v2', { takeOver: true })).toMatchObject({ how: 'adopted', migration: { phase, owner: 'second' } });
    await settle();
    expect(await load()).toMatchObject({ phase, error: null });
    expect((await on.owner())?.name).toBe('second (http://second:8765)');
    expect(on.embedder.requests.length).toBe(asked);
  });

  it('is compared and measured again where the gates of what was ready are not known', async () => {
    const on = await twoFleets();
    await broughtTo(on, 'ready');
    const { deps, settle, load } = on.turn('second');
    const unknown = { ...deps, records: { ...deps.records, load: async () => null } };
    expect((await adoptTarget(unknown, 'docs_v2', { takeOver: true })).migration.phase).toBe('verifying');
    await settle();
    expect(await load()).toMatchObject({ phase: 'ready', gates: { quality: { verdict: expect.any(String) } } });
  });

  it('leaves the other fleet with nothing it may do, and the command that takes it back, which does', async () => {
    const on = await twoFleets();
    await broughtTo(on, 'ready');
    const second = on.turn('second');
    await adoptTarget(second.deps, 'docs_v2', { takeOver: true });
    await second.settle();
    on.stores.put('docs_v1', docs(12).slice(9));

    const first = on.turn('first');
    await reconcile(first.deps);
    for (let n = 0; n < 3; n++) await on.step(first.deps);
    const lost = await first.load();
    expect(lost).toMatchObject({ phase: 'failed', error: { code: 'superseded' } });
    const view = await viewOf(first.deps, lost);
    expect(view).toMatchObject({ possible: [], owner: { id: 'second', name: 'second (http://second:8765)' } });
    expect(view.next).toMatch(/taken over by another fleet: second \(http:\/\/second:8765\).*`reembed adopt docs_v2 --take-over`/);
    for (const word of ['resume', 'cancel', 'switch'] as const)
      await expect(command(first.deps, 'm1', word)).rejects.toMatchObject({ code: 'superseded' });
    await expect(adoptTarget(first.deps, 'docs_v2')).rejects.toMatchObject({ code: 'other-fleet' });

    expect(await submit(first.deps, spec, { takeOver: true })).toMatchObject({ how: 'adopted', migration: { phase: 'verifying' } });
    await first.settle();
    await command(first.deps, 'm1', 'switch');
    await first.settle();
    expect(await first.load()).toMatchObject({ phase: 'observing', error: null });
    expect(on.stores.pointsOf('docs_v2').map(({ id }) => id.id)).toEqual(docs(12).map(({ id }) => id.id));
    const texts = on.embedder.requests.flat().filter((text) => text.startsWith('text '));
    expect(texts.length).toBe(new Set(texts).size);
  });

  it.each(['switch', 'rollback', 'complete'] as const)(
    'is not changed by a %s that was said to the other fleet before it slept',
    async (word) => {
      const on = await twoFleets();
      const first = await broughtTo(on, word === 'switch' ? 'ready' : 'observing');
      await command(first, 'm1', word, word === 'complete' ? { confirm: 'docs_v1' } : {});
      const behind = await on.alias();
      const second = on.depsOf('second');
      const { deps } = on.turn('first');
      let slept = false;
      /** It sleeps after a look at the aliases, once there is nothing left but the act; meanwhile the migration becomes another fleet's. */
      const aliases: CoordinatorDeps['collections']['aliases'] = async () => {
        const seen = await deps.collections.aliases();
        const { phase, pass } = await on.load();
        const isComparing = word !== 'complete' && pass?.kind !== 'verify';
        if (slept || phase === 'observing' || isComparing) return seen;
        slept = true;
        await adoptTarget(second, 'docs_v2', { takeOver: true });
        return seen;
      };
      for (let n = 0; n < 40; n++) {
        await on.step({ ...deps, collections: { ...deps.collections, aliases } });
        await on.work();
      }
      expect(slept).toBe(true);
      expect(await on.alias()).toBe(behind);
      expect(on.stores.acts).not.toContain('drop docs_v1');
      expect((await on.load()).error?.code).toBe('superseded');
    },
  );

  it.each(['rollback', 'complete'] as const)('nor by a %s that slept after any of its last looks, however long', async (word) => {
    const looks = (on: TwoFleets, deps: CoordinatorDeps, after: (n: number) => Promise<void>) => {
      let seen = 0;
      const counted = async <T>(look: Promise<T>): Promise<T> => {
        const answer = await look;
        await after(++seen);
        return answer;
      };
      const { collections } = deps;
      const aliases = () => counted(collections.aliases());
      const describe = (name: string) => counted(collections.describe(name));
      const run = async () => {
        for (let n = 0; n < 40 && (await on.alias()) === 'docs_v2' && !on.stores.acts.includes('drop docs_v1'); n++) {
          await on.step({ ...deps, collections: { ...collections, aliases, describe } });
          await on.work();
        }
        return seen;
      };
      return run();
    };
    const said = async () => {
      const on = await twoFleets();
      const first = await broughtTo(on, 'observing');
      await command(first, 'm1', word, word === 'complete' ? { confirm: 'docs_v1' } : {});
      return { on, deps: on.turn('first').deps };
    };
    const whole = await said();
    let before = 0;
    await looks(whole.on, whole.deps, async (n) => {
      if ((await whole.on.alias()) === 'docs_v2' && !whole.on.stores.acts.includes('drop docs_v1')) before = n;
    });
    for (let asleep = before - 5; asleep <= before; asleep++) {
      const { on, deps } = await said();
      await looks(on, deps, async (n) => {
        if (n !== asleep) return;
        on.clock.advance(3_600_000);
        await adoptTarget(on.depsOf('second'), 'docs_v2', { takeOver: true });
      });
      expect([asleep, await on.alias(), on.stores.acts.includes('drop docs_v1')]).toEqual([asleep, 'docs_v2', false]);
      expect((await on.load()).error?.code).toBe('superseded');
    }
  });

  it('is not led back by a rollback of before, once its target was taken up by another migration', async () => {
    const on = await twoFleets();
    const first = await broughtTo(on, 'observing');
    await command(first, 'm1', 'rollback');
    const second = on.turn('second');
    await adoptTarget(second.deps, 'docs_v2', { takeOver: true });
    await second.settle();
    await command(second.deps, 'm1', 'rollback');
    await second.settle();
    expect(await submit(second.deps, spec)).toMatchObject({ how: 'again', migration: { id: 'm2' } });
    await second.settle();
    await command(second.deps, 'm2', 'switch');
    await second.settle();
    expect(await on.alias()).toBe('docs_v2');

    const { deps, settle, load } = on.turn('first');
    await reconcile(deps);
    await settle();
    expect(await on.alias()).toBe('docs_v2');
    expect(await load()).toMatchObject({
      phase: 'observing',
      error: { code: 'superseded', message: expect.stringContaining('`reembed discard m1`') },
    });
    await expect(adoptTarget(deps, 'docs_v2', { takeOver: true })).rejects.toThrow('`reembed discard m1` forgets it here');
    await discard(deps, 'm1');
    expect(await adoptTarget(deps, 'docs_v2', { takeOver: true })).toMatchObject({ how: 'adopted', migration: { id: 'm2' } });
  });

  it('while it goes on is taken as it is by then, not as it was when it was looked at', async () => {
    const on = await twoFleets();
    const first = await broughtTo(on, 'ready');
    const { deps } = on.turn('second');
    let moved = false;
    const load: typeof deps.records.load = async (id) => {
      if (!moved) {
        moved = true;
        const { settle } = on.turn('first');
        await command(first, 'm1', 'switch');
        await settle();
        on.turn('second');
      }
      return deps.records.load(id);
    };
    const taking = adoptTarget({ ...deps, records: { ...deps.records, load } }, 'docs_v2', { takeOver: true });
    expect(await taking).toMatchObject({ how: 'adopted', migration: { phase: 'observing', owner: 'second' } });
    expect(await on.phase()).toMatchObject({ phase: 'observing', owner: 'second' });
  });

  it('is left to its fleet where the other one has no room for it: its alias is taken there', async () => {
    const on = await twoFleets();
    await broughtTo(on, 'ready');
    const [phase, owner] = [await on.phase(), await on.owner()];
    const { deps } = on.turn('second');
    const elsewhere = buildSpec({ target: { collection: 'docs_v3', alias: 'docs' } });
    await on.stores.collections.dropAlias('docs.next');
    await submit(deps, elsewhere);
    await expect(adoptTarget(deps, 'docs_v2', { takeOver: true })).rejects.toMatchObject({
      code: 'wrong-state',
      message: expect.stringMatching(/alias "docs" is taken by migration m2/),
    });
    expect([await on.phase(), await on.owner()]).toEqual([phase, owner]);
  });

  it('and cannot be edited as it stands, is said to be taken over, and not that nothing was changed', async () => {
    const on = await twoFleets();
    await broughtTo(on, 'ready');
    const { deps } = on.turn('second');
    const edited = buildSpec({ gates: { sampledPoints: 0 }, sync: { changedField: 'nowhere' } });
    await expect(submit(deps, edited, { takeOver: true })).rejects.toMatchObject({
      code: 'plan-blocked',
      message: expect.stringMatching(/^migration m1 is this fleet's now and goes on by the spec it had: /),
    });
    expect((await on.owner())?.id).toBe('second');
  });

  it("by two fleets at once is one fleet's, and the other says so", async () => {
    const on = await twoFleets();
    await broughtTo(on, 'ready');
    const { deps } = on.turn('second');
    const third = { ...deps, ...createFakeState({ clock: on.clock }) };
    const other: CoordinatorDeps = {
      ...third,
      records: deps.records,
      fleet: { ...third.fleet, id: async () => 'third', isOurs: async (id) => id === 'third' },
    };
    // The third one writes between the second one's word and its look.
    const patch: typeof deps.collections.patch = async (name, body) => {
      await deps.collections.patch(name, body);
      await adoptTarget(other, 'docs_v2', { takeOver: true });
    };
    const taking = adoptTarget({ ...deps, collections: { ...deps.collections, patch } }, 'docs_v2', { takeOver: true });
    await expect(taking).rejects.toMatchObject({ code: 'superseded' });
    expect([(await on.owner())?.id, await deps.migrations.list()]).toEqual(['third', []]);
  });

  it('whose word was written and never answered is its own, and goes on', async () => {
    const on = await twoFleets();
    await broughtTo(on, 'ready');
    const { deps, settle } = on.turn('second');
    const patch: typeof deps.collections.patch = async (name, body) => {
      await deps.collections.patch(name, body);
      throw new Error('the reply was lost');
    };
    const taking = adoptTarget({ ...deps, collections: { ...deps.collections, patch } }, 'docs_v2', { takeOver: true });
    await expect(taking).rejects.toThrow('the reply was lost');
    expect((await adoptTarget(deps, 'docs_v2')).how).toBe('adopted');
    await settle();
    expect((await on.load()).phase).toBe('ready');
  });
});
