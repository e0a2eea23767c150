import { describe, expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import { submit } from '../commands/submit.ts';
import type { PointText } from '../domain/point.ts';
import { changesOf } from '../domain/spec-changes.ts';
import { makePlan } from '../plan/make-plan.ts';
import { buildSpec, startFleet } from './fleet.fixture.ts';

const german = { must: [{ key: 'lang', match: { value: 'de' } }] };
const spec = buildSpec({ source: { collection: 'docs_v1', filter: german } });

const doc = (n: number, lang: string, body = `text ${n}`): PointText => ({
  id: { kind: 'integer', id: String(n) },
  payload: JSON.stringify({ body, lang }),
  vectors: { '': '[1.0,0.0]' },
});
const mixed = (count: number) => Array.from({ length: count }, (_, n) => doc(n + 1, n % 3 === 0 ? 'en' : 'de'));
const germanIds = (count: number) =>
  mixed(count)
    .filter(({ payload }) => payload.includes('"de"'))
    .map(({ id }) => id.id);

async function ready(points = mixed(20)) {
  const on = await startFleet({ points });
  await on.submit(spec);
  await on.settle();
  expect((await on.load()).phase).toBe('ready');
  const targetIds = () => on.stores.pointsOf('docs_v2').map(({ id }) => id.id);
  return { ...on, targetIds };
}

describe('a migration of the points that match a filter', () => {
  it('copies those and no other, and compares and counts only them', async () => {
    const on = await ready();
    expect(on.targetIds()).toEqual(germanIds(20));
    expect((await on.load()).verification).toMatchObject({ sourcePoints: 13, targetPoints: 13, compared: 13, findings: [] });
  });

  it('says in the plan how many match, and what becomes of the others', async () => {
    const { deps } = await startFleet({ points: mixed(20) });
    const { plan } = await makePlan(deps, spec);
    expect(plan.source).toMatchObject({ points: 13, allPoints: 20 });
    expect(plan.sampledPoints).toBe(13);
    expect(plan.reminders).toContainEqual(expect.stringContaining('matches 13 of 20 points'));
  });

  it('takes in a point that begins to match, and deletes one that stops matching', async () => {
    const on = await ready();
    on.stores.put('docs_v1', [doc(1, 'de'), doc(2, 'en')]);
    await on.follow();
    expect(on.targetIds()).toEqual(['1', ...germanIds(20).slice(1)]);
  });

  it('asks before points that stopped matching take too many with them', async () => {
    const on = await ready(mixed(60));
    on.stores.put(
      'docs_v1',
      mixed(60).map(({ id }) => doc(Number(id.id), 'en')),
    );
    await on.settle();
    await on.follow();
    expect((await on.load()).error?.code).toBe('deletes-need-approval');
    expect(on.targetIds()).toEqual(germanIds(60));
  });

  it('keeps a point that matches again at the second look', async () => {
    const on = await ready();
    on.stores.put('docs_v1', [doc(2, 'en')]);
    const points = {
      ...on.stores.points,
      retrieve: async (...[collection, request]: Parameters<typeof on.stores.points.retrieve>) => {
        if (request.majority) on.stores.put('docs_v1', [doc(2, 'de')]);
        return on.stores.points.retrieve(collection, request);
      },
    };
    for (let rounds = 0; rounds < 60; rounds++) {
      await on.step({ points });
      await on.work();
    }
    expect(on.targetIds()).toEqual(germanIds(20));
  });

  it('forgets what is set aside once it stops matching', async () => {
    const on = await startFleet({ points: [...mixed(6), doc(7, 'de', '')] });
    await on.submit(spec);
    await on.settle();
    expect(await on.state.setAside.count('m1')).toMatchObject({ open: 1 });
    on.stores.put('docs_v1', [doc(7, 'en', '')]);
    await on.follow();
    expect(await on.state.setAside.count('m1')).toMatchObject({ open: 0 });
  });

  it('lists as late what stopped matching while the alias moved', async () => {
    const on = await ready();
    const pointAlias = async (alias: string, collection: string) => {
      await on.stores.collections.pointAlias(alias, collection);
      if (alias === 'docs') on.stores.put('docs_v1', [doc(2, 'en'), doc(1, 'de')]);
    };
    await command(on.deps, 'm1', 'switch', {});
    await on.settle({ collections: { ...on.deps.collections, pointAlias } });
    expect((await on.load()).lateWrites).toMatchObject([
      { kind: 'missing', ids: [{ id: '1' }] },
      { kind: 'extra', ids: [{ id: '2' }] },
    ]);
  });

  it('is another migration than one with another filter, and the same as one whose filter is spelt differently', async () => {
    const spelt = buildSpec({ source: { collection: 'docs_v1', filter: '{"must": [{"match": {"value": "de"}, "key": "lang"}]}' } });
    const other = buildSpec({ source: { collection: 'docs_v1', filter: { must: [{ key: 'lang', match: { value: 'en' } }] } } });
    expect(changesOf(spec, spelt)).toEqual([]);
    const on = await ready();
    expect(await submit(on.deps, spelt)).toMatchObject({ how: 'running' });
    await expect(submit(on.deps, other)).rejects.toMatchObject({
      code: 'wrong-state',
      message: expect.stringContaining('source.filter'),
    });
  });
});
