import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

const renewed = { '': { embed: { model: 'fake/4', text: '{{body}}' } } };

async function refusing(points: readonly PointText[], copy: { rangePoints: number; pagePoints: number }, isBad: (body: string) => boolean) {
  const on = await startFleet({ points });
  const { insertOnly } = on.stores.points;
  on.stores.points.insertOnly = async (collection, some, signal) => {
    if (!collection.startsWith('reembed.') || !some.some(({ payload }) => isBad(payload))) return insertOnly(collection, some, signal);
    throw new ReembedError('qdrant-refused', 'Wrong input: Vector dimension error');
  };
  await on.submit(buildSpec({ vectors: renewed, copy }));
  await on.settle();
  return on;
}

describe.each([
  ['pages of 8 in one range', { rangePoints: 1_000, pagePoints: 8 }],
  ['ranges of 5', { rangePoints: 5, pagePoints: 5 }],
])('with %s', (_, copy) => {
  it('a Qdrant that refuses every point stops the migration', async () => {
    const on = await refusing(docs(100), copy, () => true);
    expect(await on.load()).toMatchObject({
      phase: 'failed',
      error: { code: 'qdrant-refused', message: expect.stringContaining('Vector dimension error') },
    });
  });

  it('points that are refused one here and one there are set aside', async () => {
    const on = await refusing(docs(100), copy, (payload) => /text \d*0"/.test(payload));
    expect((await on.load()).phase).toBe('ready');
    expect((await on.state.setAside.count('m1')).open).toBe(10);
  });
});
