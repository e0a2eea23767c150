import { expect, test } from 'vitest';
import { documentMigration } from '../support/document-migration.ts';
import { startFleet } from '../support/fleet.ts';
import { putPoints } from '../support/source-collection.ts';

test('a point that somebody wrote into the target while it was copied is left as it is, and all others arrive', async () => {
  await using fleet = await startFleet({ coordinators: 0, workers: 0, concurrency: 1 });
  const { http, api } = fleet;
  const { source, target, spec } = await documentMigration(fleet, { points: 600, ids: 'integers' });
  const coordinator = await fleet.startCoordinator({ at: 'before', act: 'collections.patch', args: '"phase":"indexing"', how: 'hold' });
  const worker = await fleet.startWorker({ at: 'before', act: 'points.insertOnly', nth: 3, how: 'hold' });
  await api.submit(spec);
  // The first point of a page that is decided and not sent, one of the last range, whose turn comes later, and one the source does not have.
  const early = /"id":"(\d+)"/.exec(await worker.hit())?.[1] ?? '';
  const stored = (await http.scroll(target)).map(({ id }) => id);
  expect(stored).not.toContain(early);
  expect(stored).not.toContain('599');
  const vector = `{"":[9,9,9,9],"new":${JSON.stringify(Array(64).fill(0.125))}}`;
  const foreign = [early, '599', '700'].map((id) => ({ id, payload: `{"mine":${id}}`, vector }));
  await putPoints(http, target, foreign);
  worker.release();
  await coordinator.hit();
  const points = new Map((await http.scroll(target)).map((point) => [point.id, point]));
  for (const { id, payload } of foreign) {
    expect(points.get(id)).toMatchObject({ payload, vectors: { '': [9, 9, 9, 9] } });
  }
  expect(points.size).toBe(601);
  const copied = (await http.scroll(source)).filter(({ id }) => id !== early && id !== '599');
  expect(copied.filter(({ id, payload }) => points.get(id)?.payload !== payload)).toEqual([]);
});
