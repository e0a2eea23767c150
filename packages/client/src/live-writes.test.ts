import { setTimeout } from 'node:timers/promises';
import { metadataKeys, type Phase } from '@reembed/contracts';
import { type Clock, fenceAlias, ReembedError } from '@reembed/core';
import { buildMigration, createFakeClock } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { new_, old, roundly, type Scene, startScene, vectorOf } from './scene.fixture.ts';

/** A clock that lets something happen once, before somebody sleeps. */
function interruptedClock() {
  const clock = createFakeClock();
  let interrupt = async (): Promise<void> => {};
  const sleep: Clock['sleep'] = async (ms, signal) => {
    const act = interrupt;
    interrupt = async () => {};
    await act();
    await clock.sleep(ms, signal);
  };
  const beforeSleep = (act: () => Promise<void>) => {
    interrupt = act;
  };
  return { clock: { ...clock, sleep }, beforeSleep };
}

const text = (words: string) => ({ text: words, model: 'auto' });
const point = (id: number, words: string, more: object = {}) => ({ id, vector: text(words), payload: { body: words, ...more } });
const upsert = (on: Scene, ...points: ReturnType<typeof point>[]) => on.ask('PUT', '/points', { points });
const made = (model: string, words: string, payload: object = { body: words }) => ({
  payload,
  vector: roundly(vectorOf[model]?.(words) ?? null),
});

describe('while a migration is in flight', () => {
  it.each<Phase>(['copying', 'syncing', 'ready'])(
    'a write while it is %s is in the source, and in the target by its recipe',
    async (phase) => {
      await using on = await startScene();
      await on.fly(phase);
      expect((await upsert(on, point(1, 'the cat'), point(2, 'a dog'))).status).toBe(200);
      expect(await on.stored(on.v1)).toEqual({ 1: made(old, 'the cat'), 2: made(old, 'a dog') });
      expect(await on.stored(on.v2)).toEqual({ 1: made(new_, 'the cat'), 2: made(new_, 'a dog') });
    },
  );

  it.each<Phase>(['preparing', 'indexing', 'verifying', 'paused', 'failed'])(
    'a write while it is %s is in the source alone: sync brings it',
    async (phase) => {
      await using on = await startScene();
      await on.fly(phase);
      expect((await upsert(on, point(1, 'the cat'))).status).toBe(200);
      expect([await on.stored(on.v1), await on.stored(on.v2)]).toEqual([{ 1: made(old, 'the cat') }, {}]);
    },
  );

  it.each<[string, (on: Scene) => Promise<{ status: number }>, object]>([
    [
      'an upsert of numbers',
      (on) => on.ask('PUT', '/points', { points: [{ id: 1, vector: [9, 9, 9, 9], payload: { body: 'a bird' } }] }),
      { 1: 'a bird', 2: 'a dog' },
    ],
    [
      'an upsert in columns',
      (on) => on.ask('PUT', '/points', { batch: { ids: [1], vectors: [[9, 9, 9, 9]], payloads: [{ body: 'a bird' }] } }),
      { 1: 'a bird', 2: 'a dog' },
    ],
    ['a delete by ids', (on) => on.ask('POST', '/points/delete', { points: [1] }), { 2: 'a dog' }],
    [
      'a delete by a filter',
      (on) => on.ask('POST', '/points/delete', { filter: { must: [{ key: 'body', match: { value: 'a dog' } }] } }),
      { 1: 'the cat' },
    ],
    ['set payload', (on) => on.ask('POST', '/points/payload', { payload: { body: 'a bird' }, points: [1] }), { 1: 'a bird', 2: 'a dog' }],
    [
      'set payload by a filter on what it changes',
      (on) =>
        on.ask('POST', '/points/payload', { payload: { body: 'a bird' }, filter: { must: [{ key: 'body', match: { value: 'a dog' } }] } }),
      { 1: 'the cat', 2: 'a bird' },
    ],
    [
      'overwrite payload',
      (on) => on.ask('PUT', '/points/payload', { payload: { body: 'a bird' }, points: [2] }),
      { 1: 'the cat', 2: 'a bird' },
    ],
    [
      'a batch',
      (on) => on.ask('POST', '/points/batch', { operations: [{ delete: { points: [2] } }, { upsert: { points: [point(3, 'a bird')] } }] }),
      { 1: 'the cat', 3: 'a bird' },
    ],
    [
      'update vectors, which changes nothing of a vector that comes from the text',
      (on) => on.ask('PUT', '/points/vectors', { points: [{ id: 1, vector: [9, 9, 9, 9] }] }),
      { 1: 'the cat', 2: 'a dog' },
    ],
  ])('%s is carried', async (_, write, left) => {
    await using on = await startScene();
    await on.fly('ready');
    await upsert(on, point(1, 'the cat'), point(2, 'a dog'));
    expect((await write(on)).status).toBe(200);
    const expected = Object.fromEntries(Object.entries(left).map(([id, words]) => [id, made(new_, words)]));
    expect(await on.stored(on.v2)).toEqual(expected);
  });

  it('a point whose text is gone is set aside, as sync does it, and no stale one stays in the target', async () => {
    await using on = await startScene();
    const { id } = await on.fly('ready');
    await upsert(on, point(1, 'the cat'));
    expect((await on.ask('POST', '/points/payload/clear', { points: [1] })).status).toBe(200);
    expect(await on.stored(on.v2)).toEqual({});
    expect(await on.collections.names()).not.toContain('nothing');
    expect((await on.points.scroll(`reembed.${id}.set-aside`, { offset: null, limit: 9, payload: true, vectors: [] })).points).toHaveLength(
      1,
    );
  });

  it('payloads are mapped as the spec says, by a write that knows nothing of it', async () => {
    await using on = await startScene();
    await on.fly('ready', {
      target: {
        collection: on.v2,
        alias: on.alias,
        inPlace: false,
        settings: {},
        payload: { include: [], exclude: ['secret'], rename: { lang: 'language' } },
      },
    });
    await upsert(on, point(1, 'the cat', { lang: 'en', secret: 1 }));
    await on.ask('POST', '/points/payload', { payload: { lang: 'de' }, filter: { must: [{ key: 'lang', match: { value: 'en' } }] } });
    expect(await on.stored(on.v2)).toEqual({ 1: made(new_, 'the cat', { body: 'the cat', language: 'de' }) });
  });

  it('a text that has not changed is embedded once for either side', async () => {
    await using on = await startScene();
    await on.fly('ready');
    await upsert(on, point(1, 'the cat'));
    await on.ask('POST', '/points/payload', { payload: { lang: 'en' }, points: [1] });
    const asked = on.embedders[new_]?.requests.flat().filter((words) => words === 'the cat');
    expect(asked).toEqual(['the cat']);
  });

  it('what the application was told with wait=false is there before it is carried', async () => {
    await using on = await startScene();
    await on.fly('ready');
    const paths: string[] = [];
    on.interference.before = async (path) => void paths.push(path);
    await on.live.send({
      method: 'PUT',
      name: on.alias,
      rest: '/points',
      query: '?wait=false&ordering=strong',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ points: [point(1, 'x')] })),
    });
    expect(paths).toEqual([`/collections/${on.v1}/points?wait=true&ordering=strong`]);
    expect(await on.stored(on.v2)).toEqual({ 1: made(new_, 'x') });
  });

  it('a target that cannot be written fails the call, with words that say which side has it', async () => {
    await using on = await startScene();
    await on.fly('ready');
    const refusal = new ReembedError('provider-unauthorized', 'the key is wrong');
    Object.assign(on.embedders[new_] ?? {}, { embed: () => Promise.reject(refusal) });
    await expect(upsert(on, point(1, 'the cat'))).rejects.toMatchObject({
      code: 'half-written',
      message: `"${on.v1}" has the write, and "${on.v2}", which migration ${(await on.places.findNow(on.alias)).flight?.migration.id} fills, has not: the key is wrong. Sync brings it there; to write it again does no harm`,
    });
    expect([await on.stored(on.v1), await on.stored(on.v2)]).toEqual([{ 1: made(old, 'the cat') }, {}]);
  });

  it('a write that the source refuses is not carried, and answered as the source answered', async () => {
    await using on = await startScene();
    await on.fly('ready');
    expect((await on.ask('PUT', '/points', { points: [{ id: 1, vector: [1, 2] }] })).status).toBe(400);
    expect(await on.stored(on.v2)).toEqual({});
  });
});

describe('two who write one point at the same time', () => {
  it('end with the same on both sides, whoever was slower', async () => {
    await using on = await startScene();
    await on.fly('ready');
    await upsert(on, point(1, 'before'));
    const { embed } = on.embedders[new_] ?? {};
    if (embed === undefined) throw new Error('no embedder');
    // The first one sleeps between its two writes until the second has done both.
    Object.assign(on.embedders[new_] ?? {}, {
      embed: async (texts: readonly string[], request: Parameters<typeof embed>[1]) => {
        if (texts.includes('first')) await upsert(on, point(1, 'second'));
        return embed(texts, request);
      },
    });
    await upsert(on, point(1, 'first'));
    expect([await on.stored(on.v1), await on.stored(on.v2)]).toEqual([{ 1: made(old, 'second') }, { 1: made(new_, 'second') }]);
  });

  it('a fence that closes between the two writes keeps the target as it was compared', async () => {
    await using on = await startScene();
    const { id } = await on.fly('ready');
    await upsert(on, point(1, 'the cat'));
    on.interference.after = async () => on.collections.dropAlias(fenceAlias(id, 1));
    expect((await upsert(on, point(1, 'a dog'))).status).toBe(200);
    expect([await on.stored(on.v1), await on.stored(on.v2)]).toEqual([{ 1: made(old, 'a dog') }, { 1: made(new_, 'the cat') }]);
  });
});

describe('when the alias moves', () => {
  it.each<[string, object]>([
    ['a text', { points: [point(1, 'the cat')] }],
    ['numbers', { points: [{ id: 1, vector: [1, 2, 3, 4], payload: { body: 'the cat' } }] }],
  ])('under a write of %s, it is acknowledged only once the collection behind the alias has it', async (_, body) => {
    await using on = await startScene();
    await on.fly('ready');
    on.interference.before = async () => {
      on.interference.before = undefined;
      await on.setPhase('observing', 9);
      await on.collections.pointAlias(on.alias, on.v2);
    };
    expect(await on.ask('PUT', '/points', body)).toMatchObject({ status: 200, collection: on.v2 });
    const expected = JSON.stringify(body).includes('auto') ? made(new_, 'the cat') : { payload: { body: 'the cat' }, vector: [1, 2, 3, 4] };
    expect(await on.stored(on.v2)).toEqual({ 1: expected });
  });

  it('writes wait for it, and go to the side that it points at then', async () => {
    const clock = createFakeClock();
    await using on = await startScene({
      clock: {
        ...clock,
        sleep: async (ms, signal) => {
          await moveOn();
          await clock.sleep(ms, signal);
        },
      },
    });
    let waits = 0;
    const moveOn = async () => {
      if (++waits !== 3) return;
      await on.setPhase('observing', 9);
      await on.collections.pointAlias(on.alias, on.v2);
    };
    await on.fly('switching');
    expect(await upsert(on, point(1, 'the cat'))).toMatchObject({ status: 200, collection: on.v2 });
    expect([await on.stored(on.v1), await on.stored(on.v2)]).toEqual([{}, { 1: made(new_, 'the cat') }]);
  });

  it.each<[string, object]>([
    ['a text', { points: [point(1, 'the cat')] }],
    ['numbers', { points: [{ id: 1, vector: [1, 2, 3, 4], payload: { body: 'the cat' } }] }],
  ])('back, a write of %s that came before it was known is acknowledged only where readers are led', async (_, body) => {
    const { clock, beforeSleep } = interruptedClock();
    await using on = await startScene({ clock });
    await on.fly('observing');
    await on.collections.pointAlias(on.alias, on.v2);
    await on.places.findLately(on.alias);
    on.interference.before = async () => {
      on.interference.before = undefined;
      await on.setPhase('rolling-back', 5);
    };
    beforeSleep(async () => {
      await on.collections.pointAlias(on.alias, on.v1);
      await on.setPhase('rolled-back', 6);
    });
    expect(await on.ask('PUT', '/points', body)).toMatchObject({ status: 200, collection: on.v1 });
    expect(Object.keys(await on.stored(on.v1))).toEqual(['1']);
  });

  it('under a write of more than is carried, that is done again where readers are led', async () => {
    const { clock, beforeSleep } = interruptedClock();
    await using on = await startScene({ clock });
    const { id: migration } = await on.fly('ready');
    const points = Array.from({ length: 1_001 }, (_, id) => ({ id, vector: [1, 2, 3, 4], payload: { body: 'old' } }));
    for (const side of [on.v1, on.v2]) await on.ask('PUT', '/points', { points }, side);
    on.interference.before = async () => {
      on.interference.before = undefined;
      await on.setPhase('switching', 5);
      await on.collections.dropAlias(fenceAlias(migration, 1));
    };
    beforeSleep(async () => {
      await on.setPhase('observing', 6);
      await on.collections.pointAlias(on.alias, on.v2);
    });
    const filter = { must: [{ key: 'body', match: { value: 'old' } }] };
    expect(await on.ask('POST', '/points/delete', { filter })).toMatchObject({ status: 200, collection: on.v2 });
    expect([await on.stored(on.v1), await on.stored(on.v2)]).toEqual([{}, {}]);
  });

  it('but not longer than applications wait for an answer, nor at all for one that takes long', async () => {
    const clock = createFakeClock();
    let waited = 0;
    await using on = await startScene({
      clock: {
        ...clock,
        sleep: (ms, signal) => {
          waited += ms;
          return clock.sleep(ms, signal);
        },
      },
    });
    await on.fly('switching');
    const waits: number[] = [];
    for (let id = 1; id <= 6; id++) {
      waited = 0;
      expect((await upsert(on, point(id, 'the cat'))).status).toBe(200);
      waits.push(Math.round(waited / 1_000));
    }
    expect(waits).toEqual([3, 3, 3, 0, 0, 0]);
    expect(Object.keys(await on.stored(on.v1))).toHaveLength(6);
  });
});

it('a write that was begun is finished, though whoever asked for it has gone; a search is not', async () => {
  await using on = await startScene();
  const asked = { name: on.alias, query: '', headers: { 'content-type': 'application/json' }, signal: AbortSignal.abort() };
  const send = (method: string, rest: string, body: object) =>
    on.live.send({ ...asked, method, rest, body: Buffer.from(JSON.stringify(body)) });
  expect((await send('PUT', '/points', { points: [point(1, 'the cat')] })).status).toBe(200);
  await expect(send('POST', '/points/query', { query: text('the cat') })).rejects.toMatchObject({ name: 'AbortError' });
  expect(Object.keys(await on.stored(on.v1))).toEqual(['1']);
});

it('of two migrations from one collection, that of the alias which is asked moves under whoever asks', async () => {
  await using on = await startScene();
  await on.fly('ready');
  const [other, v3] = [on.qdrant.collectionName('other'), on.qdrant.collectionName('other_v2')];
  const { metadata } = (await on.collections.describe(on.v2)) ?? {};
  await on.collections.create(v3, { vectors: { size: 4, distance: 'Dot' }, metadata });
  await on.collections.pointAlias(other, on.v1);
  await on.collections.pointAlias(`${other}.next`, v3);
  await on.setPhase('switching');
  const moving = async (name: string) => (await on.places.findNow(name)).moving;
  expect([await moving(on.alias), await moving(other), await moving(on.v1)]).toEqual([2, null, expect.anything()]);
});

it('a write that Qdrant does not answer in time ends with words that say so', async () => {
  await using on = await startScene({ writeTimeoutMs: 50 });
  // It begins to wait after the write has, so that its end comes later, however busy the machine is.
  on.interference.before = () => setTimeout(200);
  await expect(on.ask('PUT', '/points', { points: [{ id: 1, vector: [1, 2, 3, 4] }] })).rejects.toMatchObject({
    code: 'qdrant-unreachable',
    message: expect.stringContaining('within 50 ms: it may be there or not'),
  });
});

describe('in place', () => {
  it('a whole upsert takes the vector that is filled in away, and an edit of the text alone leaves it', async () => {
    await using on = await startScene();
    const collection = `${on.v1}_place`;
    const { createdAt, spec, resolved, id } = buildMigration({ target: collection, alias: null });
    const migration = {
      ...{ format: 1, id, owner: 'fleet', createdAt, labels: null, textRules: 2, witness: {} },
      vectors: Object.fromEntries([old, new_].map((model) => [model.slice(5), { model, dimensions: 4, text: '{{body}}' }])),
      spec: { ...spec, source: { ...spec.source, collection }, target: { ...spec.target, inPlace: true } },
      resolved: { ...resolved, source: collection },
    };
    const phase = { phase: 'ready', number: 2, epoch: 1, resumeTo: null, owner: 'fleet', at: createdAt, lateWrites: [] };
    const size = { size: 4, distance: 'Dot' };
    const metadata = { [metadataKeys.migration]: migration, [metadataKeys.phase]: phase };
    await on.collections.create(collection, { vectors: { old: size, new: size }, metadata });
    const write = (method: string, rest: string, body: object) => on.ask(method, rest, body, collection);
    const vectors = async () => {
      const { points } = await on.points.scroll(collection, { offset: null, limit: 1, payload: true, vectors: ['old', 'new'] });
      return Object.keys(points[0]?.vectors ?? {}).sort();
    };
    await write('PUT', '/points', {
      points: [{ id: 1, vector: { old: text('the cat'), new: [1, 2, 3, 4] }, payload: { body: 'the cat' } }],
    });
    expect((await write('POST', '/points/payload', { payload: { body: 'a dog' }, points: [1] })).status).toBe(200);
    expect(await vectors()).toEqual(['new', 'old']);
    await write('PUT', '/points', { points: [{ id: 1, vector: { old: text('a dog') }, payload: { body: 'a dog' } }] });
    expect(await vectors()).toEqual(['old']);
  });
});

it('letters that are none are not made into others: the write goes as it came, for the server to refuse', async () => {
  await using on = await startScene();
  const body = Buffer.from(JSON.stringify({ points: [point(1, 'a café')] }), 'latin1');
  await on.live.send({ method: 'PUT', name: on.alias, rest: '/points', query: '', headers: { 'content-type': 'application/json' }, body });
  expect(on.embedders[old]?.requests).toEqual([]);
});
