import type { DiscardReply, SubmitReply } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { documentMigration } from '../support/document-migration.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { documentOf, plainVector, putPoints } from '../support/source-collection.ts';

const points = 300;

/** What the provider was sent so far, witness texts left out. */
const sentTexts = ({ stub }: Fleet) => stub.log.flatMap(({ texts }) => texts).filter((text) => /^Document |edited /.test(text));

const edited = (n: number) => ({
  id: String(n),
  payload: JSON.stringify({ ...documentOf(n), body: `edited ${n}` }),
  vector: plainVector(n),
});

test('rolled back, taken up again by an edited spec, switched and completed: only what changed is embedded', async () => {
  await using fleet = await startFleet();
  const { api, http } = fleet;
  const migration = await documentMigration(fleet, { points, ids: 'integers', model: 'stub' });
  const { source, target, alias } = migration;
  const { spec } = migration;
  const { id } = await api.submit(spec);
  await api.until(id, 'ready');
  const changed = await api.submit({ ...spec, copy: { ...spec.copy, pagePoints: 50 } });
  expect(changed).toMatchObject({
    id,
    how: 'running',
    changes: [{ field: 'copy.pagePoints', after: '50', from: 'from the next range on' }],
  });
  await api.until(id, 'ready');
  await api.command(id, 'switch');
  await api.until(id, 'observing');
  await api.command(id, 'rollback');
  await api.until(id, 'rolled-back');
  expect((await http.aliases())[alias]).toBe(source);

  await putPoints(http, source, [edited(10), edited(20)]);
  const paid = sentTexts(fleet).length;
  const again = await api.submit({ ...spec, copy: { ...spec.copy, pagePoints: 70 } });
  expect(again).toMatchObject({ how: 'again', target });
  expect(again.id).not.toBe(id);
  await api.until(again.id, 'ready');
  await api.command(again.id, 'switch');
  await api.until(again.id, 'observing');
  expect((await http.aliases())[alias]).toBe(target);
  expect(await migration.differences()).toEqual([]);
  expect(sentTexts(fleet).slice(paid)).toHaveLength(2);
  await api.command(again.id, 'complete', { confirm: source });
  await api.until(again.id, 'completed');
  expect(await http.status('GET', `/collections/${source}`)).toBe(404);

  const left = await api.request<DiscardReply>('POST', `/v1/migrations/${id}/discard`, {});
  expect(left).toEqual({ status: 200, body: { id, deleted: null, forgotten: true } });
  expect(await http.count(target)).toBe(points);
});

test('discard deletes what a rolled back migration left, on its name, and is the same again', async () => {
  await using fleet = await startFleet();
  const { api, http } = fleet;
  const migration = await documentMigration(fleet, { points, ids: 'integers' });
  const { source, target, alias } = migration;
  const { id } = await api.submit(migration.spec);
  await api.until(id, 'ready');
  const discard = (confirm?: string) => api.request<DiscardReply>('POST', `/v1/migrations/${id}/discard`, { confirm });
  expect((await discard(target)).status).toBe(409);
  await api.command(id, 'switch');
  await api.until(id, 'observing');
  await api.command(id, 'rollback');
  await api.until(id, 'rolled-back');
  expect((await discard(source)).status).toBe(409);
  expect(await http.count(target)).toBe(points);
  expect(await discard(target)).toEqual({ status: 200, body: { id, deleted: target, forgotten: true } });
  expect(await discard(target)).toEqual({ status: 200, body: { id, deleted: null, forgotten: false } });
  expect(await http.status('GET', `/collections/${target}`)).toBe(404);
  expect((await http.aliases())[alias]).toBe(source);
  expect((await api.request<SubmitReply>('GET', `/v1/migrations/${id}`)).status).toBe(404);
  const fresh = await api.submit(migration.spec);
  expect(fresh.how).toBe('created');
  await api.until(fresh.id, 'ready');
  expect(await migration.differences()).toEqual([]);
});
