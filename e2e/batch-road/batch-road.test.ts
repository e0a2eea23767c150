import { expect, test } from 'vitest';
import { documentMigration } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { type Fleet, startFleet, stubModel } from '../support/fleet.ts';

test('texts go by batch: a worker killed meanwhile sends none again, the last few go by requests, and no file is left', async () => {
  await using fleet = await startFleet({ workers: 0 });
  const { api, stub } = fleet;
  const { id, migration } = await batched(fleet, 430);
  const worker = await fleet.startWorker();
  await sent(fleet, 2);
  worker.signal('SIGKILL');
  await worker.exited();
  await fleet.startWorker();
  await sent(fleet, 2);
  const { waiting } = await eventually('it says what it waits for', async () => {
    const view = await api.view(id);
    return view.waiting?.reason.includes('batches') ? view : null;
  });
  expect(waiting?.kind).toBe('provider');
  stub.batches.finish();
  const { progress } = await api.until(id, 'ready');
  expect(progress.ranges.failed).toBe(0);
  expect(progress.batchTokens).toBeGreaterThan(0);
  expect(progress.batchTokens).toBeLessThan(progress.tokens);
  expect(progress.costUsd).toBeCloseTo((2 * progress.tokens - progress.batchTokens) / 1e6, 9);
  expect(await migration.differences()).toEqual([]);
  expect(stub.batches.list().map(({ texts }) => texts.length)).toEqual([203, 203]);
  // The third range has thirty points.
  expect(textsAsked(fleet)).toBe(30);
  await eventually('nothing is left', async () => (stub.batches.files().length === 0 ? true : null));
});

test('no batch is sent that would pass what may be spent, until more is allowed; a cancel ends those that are under way, and deletes their files', async () => {
  await using fleet = await startFleet({ workers: 1 });
  const { api, stub, http } = fleet;
  const { id, migration } = await batched(fleet, 400, 0.001);
  expect((await api.until(id, 'paused')).error?.code).toBe('over-budget');
  expect(stub.batches.list()).toEqual([]);
  await api.request('PATCH', `/v1/migrations/${id}`, { throttle: { maxCostUsd: 1 } });
  await api.command(id, 'resume');
  await sent(fleet, 2);
  await api.command(id, 'cancel');
  await api.until(id, 'cancelled');
  await eventually('nothing is left', async () => (stub.batches.files().length === 0 ? true : null));
  expect(stub.batches.list().map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
  expect(await http.count(migration.target)).toBe(0);
});

async function batched(fleet: Fleet, points: number, maxCostUsd: number | null = null) {
  const migration = await documentMigration(fleet, { points, ids: 'integers', model: 'stub', copy: { rangePoints: 200, pagePoints: 50 } });
  const embed = { model: stubModel.name, text: '{{title}}\n\n{{body}}', batch: true };
  const { id } = await fleet.api.submit({ ...migration.spec, throttle: { maxCostUsd }, vectors: { '': { keep: '' }, new: { embed } } });
  return { id, migration };
}

async function sent({ stub }: Fleet, count: number): Promise<void> {
  await eventually(`${count} batches are sent`, async () => (stub.batches.list().length >= count ? true : null));
}

/** Witness texts are no documents. */
function textsAsked({ stub }: Fleet): number {
  return new Set(stub.log.flatMap(({ texts }) => texts).filter((text) => text.includes('\n\n'))).size;
}
