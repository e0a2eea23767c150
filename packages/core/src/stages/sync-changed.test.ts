import type { SpecInput } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import { overlapMs } from '../domain/changed-field.ts';
import type { PointText } from '../domain/point.ts';
import { buildSpec, startFleet } from './fleet.fixture.ts';

const doc = (n: number, at: unknown, body = `text ${n}`): PointText => ({
  id: { kind: 'integer', id: String(n) },
  payload: JSON.stringify({ body, at }),
  vectors: { '': '[1.0,0.0]' },
});
const docs = (count: number, at: (n: number) => unknown = (n) => n) => Array.from({ length: count }, (_, n) => doc(n + 1, at(n + 1)));

type Fleet = Awaited<ReturnType<typeof startFleet>>;

/** Counts points whose payload was read from the source by workers. */
function withReadings(on: Fleet) {
  const { scroll, retrieve } = on.stores.points;
  const read = { payloads: 0 };
  const counted = (collection: string, payload: boolean, points: number) => {
    if (collection === 'docs_v1' && payload) read.payloads += points;
  };
  on.stores.points.scroll = async (collection, request) => {
    const page = await scroll(collection, request);
    counted(collection, request.payload, page.points.length);
    return page;
  };
  on.stores.points.retrieve = async (collection, request) => {
    const points = await retrieve(collection, request);
    counted(collection, request.payload, points.length);
    return points;
  };
  return read;
}

/** Ready, and followed until passes are limited. */
async function limited(points = docs(20), sync: SpecInput['sync'] = { changedField: 'at' }) {
  const on = await startFleet({ points });
  await on.submit(buildSpec({ sync }));
  await on.settle();
  expect((await on.load()).phase).toBe('ready');
  for (let passes = 0; passes < 3; passes++) {
    on.clock.advance(2 * overlapMs);
    await on.follow();
  }
  expect((await on.load()).watermark).toMatchObject({ limited: true });
  on.clock.advance(2 * overlapMs);
  return on;
}

const bodies = (on: Fleet, collection: string) => on.stores.pointsOf(collection).map(({ id, payload }) => `${id.id} ${payload}`);

describe('a sync pass limited by sync.changedField', () => {
  it('mends what was edited, inserted and deleted, and reads payloads of nothing else', async () => {
    const on = await limited();
    const read = withReadings(on);
    on.stores.put('docs_v1', [doc(3, 21, 'edited'), doc(30, 22), doc(31, 1, 'new, and older than all')]);
    on.stores.remove('docs_v1', [{ kind: 'integer', id: '7' }]);
    await on.follow();
    expect(bodies(on, 'docs_v2')).toEqual(bodies(on, 'docs_v1'));
    // The edited and the new ones, and the one that says what the watermark says.
    expect(read.payloads).toBe(4);
    expect((await on.load()).lag?.differences).toBe(4);
  });

  it('finds an edit that says exactly what the watermark says', async () => {
    const on = await limited();
    on.stores.put('docs_v1', [doc(3, 20, 'in the same tick')]);
    await on.follow();
    expect(bodies(on, 'docs_v2')).toEqual(bodies(on, 'docs_v1'));
  });

  it('finds an edit made behind its back while later points were edited, too', async () => {
    const on = await limited();
    // The pass has read the first range when its first point is edited, and sees a later value in the last range.
    await on.step();
    for (let rounds = 0; rounds < 50 && (await on.load()).pass === null; rounds++) await on.step();
    await on.work();
    on.stores.put('docs_v1', [doc(1, 100, 'behind its back'), doc(20, 101, 'ahead')]);
    await on.follow();
    on.clock.advance(2 * overlapMs);
    await on.follow();
    expect(bodies(on, 'docs_v2')).toEqual(bodies(on, 'docs_v1'));
  });

  it('takes datetimes, by whatever offset they are written', async () => {
    const at = (n: number) => new Date(Date.UTC(2020, 0, n)).toISOString();
    const on = await limited(docs(20, at));
    on.stores.put('docs_v1', [doc(3, '2020-01-21T01:00:00+02:00', 'edited'), doc(4, '2020-01-21', 'edited')]);
    await on.follow();
    expect(bodies(on, 'docs_v2')).toEqual(bodies(on, 'docs_v1'));
  });

  it('leaves an edit that does not set the field, or takes it away, to the last pass before the switch, which reads everything', async () => {
    const on = await limited();
    on.stores.put('docs_v1', [doc(3, 3, 'silently edited'), doc(4, null, 'field taken away')]);
    await on.follow();
    expect(bodies(on, 'docs_v2')).not.toEqual(bodies(on, 'docs_v1'));
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'observing', lateWrites: [], syncRounds: 0 });
    expect(bodies(on, 'docs_v2')).toEqual(bodies(on, 'docs_v1'));
  });

  it('asks for nothing again that is set aside and reads as it did', async () => {
    const on = await limited();
    on.stores.put('docs_v1', [doc(3, 50, 'REFUSED')]);
    await on.follow();
    expect(await on.state.setAside.count('m1')).toMatchObject({ open: 1 });
    const { texts } = await on.state.ranges.spent('m1');
    await on.follow();
    expect((await on.state.ranges.spent('m1')).texts).toBe(texts);
    on.stores.put('docs_v1', [doc(3, 51, 'mended')]);
    await on.follow();
    expect(await on.state.setAside.count('m1')).toMatchObject({ open: 0 });
    expect(bodies(on, 'docs_v2')).toEqual(bodies(on, 'docs_v1'));
  });

  it('divides a range that grew, like any other', async () => {
    const on = await limited();
    on.stores.put('docs_v1', docs(80).slice(20));
    await on.follow();
    const { lastPassNumber } = await on.load();
    expect((await on.state.ranges.summary('m1', lastPassNumber)).total).toBeGreaterThan(13);
    expect(bodies(on, 'docs_v2')).toEqual(bodies(on, 'docs_v1'));
  });
});

describe('a sync pass that reads everything in spite of sync.changedField', () => {
  it('is the first after the copy, and any before the overlap has passed', async () => {
    const on = await startFleet({ points: docs(20) });
    await on.submit(buildSpec({ sync: { changedField: 'at' } }));
    await on.settle();
    on.stores.put('docs_v1', [doc(3, 3, 'silently edited')]);
    await on.follow();
    expect(bodies(on, 'docs_v2')).toEqual(bodies(on, 'docs_v1'));
    on.stores.put('docs_v1', [doc(4, 4, 'silently edited')]);
    await on.follow();
    expect(bodies(on, 'docs_v2')).toEqual(bodies(on, 'docs_v1'));
  });

  it('is the round after a limited one, and what that left is not taken for what cannot be mended', async () => {
    const on = await limited(docs(60));
    // Two rounds of sync: a limited one misses what was edited silently after the last pass, the next one finds it.
    const silently = Array.from({ length: 15 }, (_, n) => doc(n + 1, n + 1, 'silently edited'));
    await command(on.deps, 'm1', 'switch');
    while ((await on.load()).cutover !== 'compare') {
      await on.step();
      await on.work();
    }
    on.stores.put('docs_v1', silently);
    on.clock.advance(2 * overlapMs);
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'observing', error: null });
    expect(on.phases.filter((phase) => phase === 'syncing')).toHaveLength(2);
    expect(bodies(on, 'docs_v2')).toEqual(bodies(on, 'docs_v1'));
  });
});
