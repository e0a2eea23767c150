import type { SpecInput } from '@reembed/contracts';
import { fakeVector } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { nextStep } from '../commands/next-step.ts';
import { viewOf } from '../commands/view.ts';
import { ReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import { buildSpec, docs, type FleetOptions, startFleet } from './fleet.fixture.ts';

/** Nowhere near what the new model makes of a text. */
const oldVector = (text: string) => fakeVector(text).map((value, at) => (at % 2 === 0 ? -value : value));
const spelt = (vector: readonly number[]) => JSON.stringify([...Float32Array.from(vector)]);
const textOf = ({ payload }: PointText) => (JSON.parse(payload) as { body: string }).body;
const source = docs(40).map((point) => ({ ...point, vectors: { '': spelt(oldVector(textOf(point))) } }));

const renewed = (change: Partial<SpecInput> = {}) =>
  buildSpec({
    source: { collection: 'docs_v1', vectors: { '': { model: 'fake/old', text: '{{body}}' } } },
    vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } },
    gates: { sampledPoints: 0 },
    ...change,
  });

async function observing(spec = renewed(), options: FleetOptions = {}) {
  const on = await startFleet({ points: source, size: 4, others: [{ model: 'fake/old', vectorOf: oldVector }], ...options });
  await on.submit(spec);
  await on.settle();
  const { command } = await import('../commands/commands.ts');
  await command(on.deps, 'm1', 'switch');
  await on.settle();
  expect((await on.load()).phase).toBe('observing');
  return on;
}

type Fleet = Awaited<ReturnType<typeof observing>>;

/** Lets it look once more; models answer meanwhile. */
async function lookAgain(on: Fleet) {
  const { looks = 0 } = (await on.load()).writers ?? {};
  for (let rounds = 0; rounds < 20; rounds++) {
    await on.step();
    await on.work();
    const { writers } = await on.load();
    if (writers && writers.looks > looks) return writers;
  }
  throw new Error('it does not look');
}

const write = (on: Fleet, id: number, body: string, vector: readonly number[]) =>
  on.stores.put('docs_v2', [
    { id: { kind: 'integer', id: String(id) }, payload: JSON.stringify({ body }), vectors: { '': spelt(vector) } },
  ]);

const notes = (on: Fleet) => on.state.events.published.flatMap(({ event }) => (event.type === 'note' ? [event.message] : []));

describe('after a switch between models of equal dimensions, it is looked for writers of the old one', () => {
  it('who write new points, with an alarm in status, events and the next step', async () => {
    const on = await observing();
    write(on, 900, 'written by somebody who knows of nothing', oldVector('written by somebody who knows of nothing'));
    const writers = await lookAgain(on);
    expect(writers).toMatchObject({ looks: 1, looked: 20, old: 1, unlike: 0, ids: [{ kind: 'integer', id: '900' }], unable: null });
    const migration = await on.load();
    expect((await viewOf(on.deps, migration)).writers).toEqual(writers);
    expect(notes(on)).toContainEqual(
      expect.stringMatching(/^alarm: an application still writes vectors of the old model to "docs_v2": 1 of 20 .*points 900/),
    );
    expect(nextStep(migration, { setAside: 0, accepted: 0 })).toContain('reembed rollback m1');
  });

  it('who write the old vector of a point again, though nobody has named the old model', async () => {
    const on = await observing(renewed({ source: { collection: 'docs_v1' } }));
    const [first] = source;
    if (first === undefined) throw new Error('no points');
    write(on, 1, textOf(first), oldVector(textOf(first)));
    expect(await lookAgain(on)).toMatchObject({ old: 1, ids: [{ id: '1' }] });
  });

  it('and finds none where applications write by the new one, or edit a text', async () => {
    const on = await observing();
    write(on, 900, 'new', fakeVector('new'));
    write(on, 1, 'edited', fakeVector('before the edit'));
    expect(await lookAgain(on)).toMatchObject({ looked: 20, old: 0, unlike: 0, ids: [] });
    expect(notes(on).filter((message) => message.startsWith('alarm'))).toEqual([]);
  });

  it('and counts vectors that are of neither model, without calling them old', async () => {
    const on = await observing();
    write(on, 900, 'neither', [0, 0, -1, 1]);
    expect(await lookAgain(on)).toMatchObject({ old: 0, unlike: 1, ids: [] });
  });

  it('at most 20 texts a look and model, and each look twice as long after the one before, up to an hour', async () => {
    const on = await observing();
    for (let id = 1; id <= 40; id++) write(on, id, `text ${id}`, oldVector(`text ${id}`));
    const times: number[] = [];
    for (let look = 0; look < 9; look++) {
      const writers = await lookAgain(on);
      times.push(Date.parse(writers.at));
      expect(writers.looked).toBe(20 * (look + 1));
    }
    expect((await on.load()).writers?.ids).toHaveLength(20);
    const rests = times.slice(1).map((at, n) => Math.round((at - (times[n] ?? 0)) / 60_000));
    expect(rests).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('and no longer tells of a point that was written again by the new model, nor twice of one that was not', async () => {
    const on = await observing();
    for (const id of [900, 901]) write(on, id, `text ${id}`, oldVector(`text ${id}`));
    expect(await lookAgain(on)).toMatchObject({ looked: 20, old: 2 });
    expect(await lookAgain(on)).toMatchObject({ looked: 40, old: 2, ids: [{ id: '900' }, { id: '901' }] });
    write(on, 900, 'text 900', fakeVector('text 900'));
    expect(await lookAgain(on)).toMatchObject({ old: 1, ids: [{ id: '901' }] });
    await on.stores.points.remove('docs_v2', [{ kind: 'integer', id: '901' }]);
    expect(await lookAgain(on)).toMatchObject({ old: 0, ids: [] });
    expect(nextStep(await on.load(), { setAside: 0, accepted: 0 })).not.toContain('old model');
    expect(notes(on).filter((message) => message.startsWith('alarm'))).toHaveLength(1);
  });

  it('and a look that cannot be made hinders nothing, says why, and comes again', async () => {
    const on = await observing();
    const refuse = () => Promise.reject(new ReembedError('qdrant-refused', 'no sample today'));
    for (let rounds = 0; rounds < 3; rounds++) {
      await on.step({ points: { ...on.deps.points, sample: refuse } });
      await on.work();
    }
    expect(await on.load()).toMatchObject({
      phase: 'observing',
      error: null,
      writers: { looked: 0, unable: 'no sample today [qdrant-refused]' },
    });
    expect(await lookAgain(on)).toMatchObject({ looked: 20, unable: null });
  });

  it.each<[string, Partial<SpecInput>, FleetOptions]>([
    ['where the sizes differ: the server refuses such a write', {}, { size: 2, points: docs(9) }],
    ['where the old vector has another name', { vectors: { new: { embed: { model: 'fake/4', text: '{{body}}' } } } }, {}],
  ])('not %s', async (_, change, options) => {
    const source_ = options.size === 2 ? { source: { collection: 'docs_v1' } } : {};
    const on = await observing(renewed({ ...change, ...source_ }), options);
    for (let rounds = 0; rounds < 5; rounds++) await on.step();
    expect((await on.load()).writers ?? null).toBeNull();
    expect(on.state.stageQueue.jobs).toEqual([]);
  });
});
