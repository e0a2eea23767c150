import type { ProviderFault, StubRequest } from '@reembed/testkit';
import { expect, test } from 'vitest';
import { documentMigration } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { startFleet } from '../support/fleet.ts';
import { putPoints, somePoints } from '../support/source-collection.ts';

test('a storm of 429s slows the fleet down, fails nothing, and nobody asks again inside a Retry-After', async () => {
  await using fleet = await startFleet({ workers: 2, stub: { latencyMs: 50 } });
  const { api, stub } = fleet;
  const migration = await documentMigration(fleet, { points: 1_500, model: 'stub' });
  const { id } = await api.submit(migration.spec);
  for (let storm = 0; storm < 3; storm++) {
    await stub.arrived(stub.log.length + 10);
    stub.rateLimitFor(4_000);
  }
  const { progress } = await api.until(id, 'ready');
  expect(progress).toMatchObject({ setAside: 0, ranges: { failed: 0, done: 15 } });
  expect(await migration.differences()).toEqual([]);
  const limited = stub.log.filter(({ status }) => status === 429);
  expect(limited.length).toBeGreaterThanOrEqual(3);
  expect(limited.length).toBeLessThanOrEqual(3 * underWay);
  expect(sins(stub.log)).toEqual([]);
});

test('500s, silence, dropped connections, hung bodies, wrong counts, NaN and the like: the migration ends complete', async () => {
  await using fleet = await startFleet({ providerTimeoutMs: 1_000 });
  const { api, stub } = fleet;
  const migration = await documentMigration(fleet, { points: 1_500, model: 'stub' });
  const faults: readonly ProviderFault[] = [
    { kind: 'status', status: 500 },
    { kind: 'status', status: 503, headers: { 'retry-after': '1' } },
    { kind: 'hung' },
    { kind: 'hung', after: 'body' },
    { kind: 'dropped' },
    { kind: 'not-json' },
    { kind: 'wrong-count' },
    { kind: 'wrong-dimension' },
    { kind: 'not-finite' },
    { kind: 'zeros' },
    { kind: 'index-twice' },
    { kind: 'reordered' },
  ];
  const { id } = await api.submit(migration.spec);
  // The witness is three and the check of it one; every fault meets a page of documents.
  await stub.arrived(5);
  const before = stub.log.length;
  stub.script(...faults);
  const { progress } = await api.until(id, 'ready');
  expect(progress).toMatchObject({ setAside: 0, ranges: { failed: 0, done: 15 } });
  const later = stub.log.slice(before);
  const statuses = later.map(({ status }) => status);
  expect(statuses).toContain(500);
  expect(statuses).toContain(503);
  expect(statuses.filter((status) => status === null)).toHaveLength(3);
  // Every one of them was asked again, but for the reply whose rows only came in another order.
  const firsts = later.map(({ texts: [first] }) => first);
  expect(firsts.length - new Set(firsts).size).toBeGreaterThanOrEqual(faults.length - 1);
  expect(await migration.differences()).toEqual([]);
});

test('a text the provider refuses: that point is set aside with its reason, the range goes on, and nothing switches until it is mended', async () => {
  await using fleet = await startFleet({ workers: 1, stub: { refusedText: 'number777' } });
  const { api, http } = fleet;
  const migration = await documentMigration(fleet, { points: 1_000, ids: 'integers', model: 'stub' });
  const { id } = await api.submit(migration.spec);
  const { progress, next } = await api.until(id, 'ready');
  expect(progress).toMatchObject({ setAside: 1, ranges: { failed: 0 } });
  expect(next).toContain('1 point(s) are set aside');
  expect(await migration.differences()).toEqual(['777 is missing']);
  const { body: page } = await api.request<{ failures: { reason: string }[] }>('GET', `/v1/migrations/${id}/failures`);
  expect(page.failures).toMatchObject([
    { id: { kind: 'integer', id: '777' }, vector: 'new', code: 'provider-refused-input', accepted: false },
  ]);
  expect(page.failures[0]?.reason).toContain('777');
  const { status, body } = await api.refusedCommand(id, 'switch');
  expect({ status, code: body.code }).toEqual({ status: 409, code: 'wrong-state' });
  expect((await http.aliases())[migration.alias]).toBe(migration.source);
  const [mended = { id: '', payload: '', vector: '' }] = somePoints(777).slice(-1);
  await putPoints(http, migration.source, [{ ...mended, payload: mended.payload.replace('number777', 'mended') }]);
  // Waiting goes on with sync, which tries the point again because its payload is another now.
  await eventually('the mended point is taken in', async () => ((await api.view(id)).progress.setAside === 0 ? true : null));
  expect(await migration.differences()).toEqual([]);
  await api.command(id, 'switch');
  await api.until(id, 'observing');
  await api.command(id, 'complete', { confirm: migration.source });
  await api.until(id, 'completed');
  await eventually('nothing set aside is kept', async () => !(await http.names()).includes(`reembed.${id}.set-aside`) || null);
});

/** Requests that two workers can have under way at once: four ranges of three pages each, a page being one request. */
const underWay = 2 * 4 * 3;

/**
 * How long a 429 may take, in ms, from the provider to every worker of the fleet: what arrives within it was on its way when the 429 was
 * answered. Each of those is itself answered 429, so there are no more of them than requests that can be under way at once.
 */
const onTheWayMs = 2_500;

/** Requests that arrived inside the window of a Retry-After and cannot have been on their way. */
function sins(log: readonly StubRequest[]): readonly StubRequest[] {
  return log.filter(({ arrivedAt }) =>
    log.some(({ answeredAt, retryAfterMs }) => {
      if (answeredAt === null || retryAfterMs === null) return false;
      return arrivedAt > answeredAt + onTheWayMs && arrivedAt < answeredAt + retryAfterMs;
    }),
  );
}
