import { expect, test } from 'vitest';
import { documentMigration } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { startFleet } from '../support/fleet.ts';
import { documentOf, plainVector, putPoints, somePoints } from '../support/source-collection.ts';

const points = 300;
const rangePoints = 100;
/** More than the overlap by which a pass has to have ended for its greatest value to limit another. */
const laterMs = 1_200_000;

/** An edit of the n-th document; `changed` is what the application says of when. */
const edited = (n: number, changed: number) => ({
  id: String(n),
  payload: JSON.stringify({ n: changed, ...documentOf(n), body: `edited ${n}` }),
  vector: plainVector(n),
});

test('a source that grows within one range, edits that say when and one that does not: limited passes divide and follow, and the last one finds the rest', async () => {
  await using fleet = await startFleet({ coordinators: 0, workers: 1 });
  const { api, http } = fleet;
  const migration = await documentMigration(fleet, { points, ids: 'integers', copy: { rangePoints } });
  const { source, target } = migration;
  const coordinator = await fleet.startCoordinator();
  const { id } = await api.submit({ ...migration.spec, sync: { changedField: 'n' } });
  await api.until(id, 'ready');

  const nextPass = async () => {
    const before = (await api.view(id)).lag?.at;
    coordinator.setClockBy(laterMs);
    return eventually('another pass follows the source', async () => {
      const view = await api.view(id);
      return view.lag !== null && view.lag.at !== before ? view : null;
    });
  };
  const bodyOf = async (n: number) => {
    const stored = (await http.scroll(target)).find((point) => point.id === String(n));
    return (JSON.parse(stored?.payload ?? '{}') as { body?: string }).body;
  };
  for (let passes = 0; passes < 3; passes++) await nextPass();
  const { ranges } = (await api.view(id)).progress;

  // All of it behind the last bound, and past twice the size of a range.
  await putPoints(http, source, somePoints(points + 3 * rangePoints, 'integers').slice(points));
  await putPoints(http, source, [edited(10, 10_000), edited(20, 20)]);
  const grown = await nextPass();
  expect(grown).toMatchObject({ phase: 'ready', lag: { differences: 3 * rangePoints + 1 } });
  expect(grown.progress.ranges.total).toBeGreaterThan(ranges.total);
  expect(await http.count(target)).toBe(points + 3 * rangePoints);
  expect([await bodyOf(10), await bodyOf(20)]).toEqual(['edited 10', documentOf(20).body]);

  await api.command(id, 'switch');
  await api.until(id, 'observing');
  expect(await bodyOf(20)).toBe('edited 20');
  expect(await migration.differences()).toEqual([]);
  expect(await api.phases(id)).not.toContain('syncing');
});
