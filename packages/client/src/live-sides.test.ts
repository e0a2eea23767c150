import { describe, expect, it, vi } from 'vitest';
import type { ShadowedSearch, SplitSearch } from './both-sides.ts';
import { new_, old, type Scene, startScene } from './scene.fixture.ts';

const text = (words: string) => ({ text: words, model: 'auto' });
const point = (id: number, words: string) => ({ id, vector: text(words), payload: { body: words } });

function watched() {
  const told = { shadowed: [] as ShadowedSearch[], not: [] as string[], split: [] as SplitSearch[], texts: [] as string[] };
  return {
    told,
    watch: {
      shadowed: (search: ShadowedSearch) => void told.shadowed.push(search),
      notShadowed: (why: string) => void told.not.push(why),
      split: (search: SplitSearch) => void told.split.push(search),
      text: (words: string) => void told.texts.push(words),
    },
  };
}

const off = { share: 0, perSecond: 0 };
const nobody = { share: 0, header: 'user' };

async function start(options: { shadow?: typeof off; split?: typeof nobody; random?: () => number } = {}) {
  const { told, watch } = watched();
  const bothSides = { shadow: off, split: nobody, watch, random: () => 0.5, ...options };
  const on = await startScene({ bothSides });
  return { on, told };
}

async function fill(on: Scene) {
  await on.fly('ready');
  await on.ask('PUT', '/points', { points: [point(1, 'the cat'), point(2, 'a dog')] });
}

const search = (on: Scene, more: object = {}, headers: Record<string, string> = {}) =>
  on.ask('POST', '/points/query', { query: text('the cat'), limit: 1, ...more }, on.alias, headers);

describe('a shadow', () => {
  it('asks the new side the same in its own model, off the way of the answer, and tells how far both agree', async () => {
    const { on, told } = await start({ shadow: { share: 1, perSecond: 10 } });
    await using _ = on;
    await fill(on);
    expect(await search(on)).toMatchObject({
      status: 200,
      collection: on.v1,
      side: undefined,
      said: { result: { points: [expect.anything()] } },
    });
    await vi.waitFor(() => expect(told.shadowed).toHaveLength(1));
    expect(told.shadowed[0]).toMatchObject({ agreedAt1: 1, agreedAt10: 1, isEmpty: { old: false, new: false } });
    expect(on.embedders[new_]?.requests.flat()).toContain('the cat');
    expect(told.texts).toContain('the cat');
  });

  it('whose new side is in trouble, or slow, is heard of by no application', async () => {
    const { on, told } = await start({ shadow: { share: 1, perSecond: 10 } });
    await using _ = on;
    await fill(on);
    const waits = Promise.withResolvers<void>();
    on.interference.before = async (path) => (path.includes(on.v2) ? waits.promise : undefined);
    expect((await search(on)).status).toBe(200);
    expect(told.shadowed).toEqual([]);
    await on.collections.drop(on.v2);
    waits.resolve();
    await vi.waitFor(() => expect(told.not).toEqual(['failed']));
  });

  it('asks no more than its budget, and no share that it was not given', async () => {
    const { on, told } = await start({ shadow: { share: 1, perSecond: 2 } });
    await using _ = on;
    await fill(on);
    for (let times = 0; times < 4; times++) await search(on);
    await vi.waitFor(() => expect(told.shadowed.length + told.not.length).toBe(4));
    expect(told.not.filter((why) => why === 'over-budget').length).toBeGreaterThan(0);
    // Whom the share leaves out takes nothing of the budget, which is there for the next one.
    const drawn = [0.5, 0.4];
    const { on: other, told: half } = await start({ shadow: { share: 0.5, perSecond: 1 }, random: () => drawn.shift() ?? 0.5 });
    await using __ = other;
    await fill(other);
    for (let times = 0; times < 2; times++) await search(other);
    await vi.waitFor(() => expect(half.shadowed).toHaveLength(1));
    expect(half.not).toEqual([]);
  });

  it.each<[string, object]>([
    ['that holds numbers, which are of the old model', { prefetch: { query: [1, 0, 0, 0] }, query: text('the cat') }],
    ['of a vector that the new side has not', { query: [1, 0, 0, 0] }],
  ])('asks nothing for a search %s', async (_, body) => {
    const { on, told } = await start({ shadow: { share: 1, perSecond: 10 } });
    await using __ = on;
    await fill(on);
    const paths: string[] = [];
    on.interference.before = async (path) => void paths.push(path);
    await on.ask('POST', '/points/query', body);
    expect([told.shadowed, told.not, paths.filter((path) => path.includes(on.v2))]).toEqual([[], [], []]);
  });

  it.each(['copying', 'syncing', 'verifying'] as const)('asks nothing while it is %s: the new side is not whole', async (phase) => {
    const { on, told } = await start({ shadow: { share: 1, perSecond: 10 } });
    await using _ = on;
    await on.fly(phase);
    await search(on);
    expect([told.shadowed, told.not]).toEqual([[], []]);
  });
});

describe('a split', () => {
  it('leads a share of those who search to the new side, each to the same one every time, and says which answered', async () => {
    const { on, told } = await start({ split: { share: 0.5, header: 'user' } });
    await using _ = on;
    await fill(on);
    const sides = new Map<string, string | undefined>();
    for (let times = 0; times < 2; times++)
      for (const user of ['ada', 'bob', 'cleo', 'dan', 'eve', 'finn', 'gus', 'hal']) {
        const { side, collection, said } = await search(on, {}, { user });
        expect([collection, said.result.points.length]).toEqual([side === 'new' ? on.v2 : on.v1, 1]);
        expect(sides.get(user) ?? side).toBe(side);
        sides.set(user, side);
      }
    expect(new Set(sides.values())).toEqual(new Set(['old', 'new']));
    expect(told.split).toHaveLength(16);
    expect(told.split.every(({ isEmpty, migration }) => isEmpty === false && migration !== '')).toBe(true);
  });

  it('leads nobody there who sends no such header, nor before a migration is ready', async () => {
    const { on } = await start({ split: { share: 1, header: 'user' } });
    await using _ = on;
    await fill(on);
    expect((await search(on)).side).toBe('old');
    expect((await search(on, {}, { user: 'ada' })).side).toBe('new');
    const { on: early } = await start({ split: { share: 1, header: 'user' } });
    await using __ = early;
    await early.fly('syncing');
    expect((await search(early, {}, { user: 'ada' })).side).toBeUndefined();
  });

  it('leads back where the new side is gone', async () => {
    const { on } = await start({ split: { share: 1, header: 'user' } });
    await using _ = on;
    await fill(on);
    on.interference.before = async (path) => {
      if (!path.includes(on.v2)) return;
      on.interference.before = undefined;
      await on.collections.drop(on.v2);
    };
    expect(await search(on, {}, { user: 'ada' })).toMatchObject({ status: 200, collection: on.v1 });
  });

  it('mixes no vectors: the old side is asked with what the old model made, the new one with what the new did', async () => {
    const { on } = await start({ split: { share: 1, header: 'user' } });
    await using _ = on;
    await fill(on);
    for (const made of Object.values(on.embedders)) made.requests.length = 0;
    await search(on, {}, { user: 'ada' });
    expect([on.embedders[old]?.requests, on.embedders[new_]?.requests]).toEqual([[], [['the cat']]]);
  });
});
