import { expect, it } from 'vitest';
import { settleFailures } from '../commands/settle-failures.ts';
import { docs, startFleet } from './fleet.fixture.ts';
import { lookAfterMs, lookMs, restLeftMs } from './rests.ts';

const lag = (change: { tookMs?: number; quietPasses?: number }) => ({
  ...{ differences: 0, at: '2026-01-01T00:00:00.000Z', tookMs: 0, quietPasses: 0, ...change },
});
const restOf = (change: Parameters<typeof lag>[0]) =>
  restLeftMs({ lag: lag(change), verification: null }, Date.parse('2026-01-01T00:00:00.000Z'));

it.each([
  ['what was just found, at least', {}, 5_000],
  ['what took long, four times as long', { tookMs: 20_000 }, 80_000],
  ['a second quiet pass, no longer', { quietPasses: 2 }, 5_000],
  ['a third, twice as long', { quietPasses: 3 }, 10_000],
  ['one after the other, up to ten minutes', { quietPasses: 40 }, 600_000],
  ['large and quiet, 500 times as long as a pass', { tookMs: 3_000, quietPasses: 40 }, 1_500_000],
  ['very large and quiet, an hour', { tookMs: 60_000, quietPasses: 40 }, 3_600_000],
  ['so large that four times as long is more, that', { tookMs: 3_600_000, quietPasses: 40 }, 14_400_000],
])('after %s', (_, change, ms) => {
  expect(restOf(change)).toBe(ms);
});

it('rests no longer for a last pass that lies ahead', () => {
  expect(restLeftMs({ lag: lag({ quietPasses: 9 }), verification: null }, Date.parse('2025-12-31T00:00:00.000Z'))).toBe(0);
});

it('looks rarely while it rests, and often where it is to act by itself', async () => {
  const on = await startFleet();
  await on.submit();
  const { spec } = await on.load();
  const waiting = { lag: lag({}), verification: null, spec, approval: null };
  expect(lookAfterMs(waiting, 600_000)).toBe(30_000);
  expect(lookAfterMs(waiting, 4_000)).toBe(4_000);
  expect(lookAfterMs({ ...waiting, approval: { acceptLateWrites: false } }, 600_000)).toBe(lookMs);
  expect(lookAfterMs({ ...waiting, spec: { ...spec, switch: { ...spec.switch, mode: 'auto' } } }, 600_000)).toBe(lookMs);
});

async function quietFleet() {
  const on = await startFleet();
  await on.submit();
  await on.settle();
  for (let passes = 0; passes < 12; passes++) await on.follow();
  return on;
}

it('passes come more and more rarely while nothing changes, and as often as ever once something has', async () => {
  const on = await quietFleet();
  const before = Date.parse((await on.load()).lag?.at ?? '');
  await on.follow();
  expect(Date.parse((await on.load()).lag?.at ?? '') - before).toBeGreaterThanOrEqual(600_000);
  on.stores.put(
    'docs_v1',
    docs(7).map((doc) => ({ ...doc, payload: JSON.stringify({ body: 'edited' }) })),
  );
  await on.follow();
  expect((await on.load()).lag).toMatchObject({ differences: 7, quietPasses: 0 });
  const found = Date.parse((await on.load()).lag?.at ?? '');
  await on.follow();
  expect(Date.parse((await on.load()).lag?.at ?? '') - found).toBeLessThan(60_000);
});

it('points that came are seen within a minute, however quiet it was', async () => {
  const on = await quietFleet();
  await on.step();
  const before = on.clock.now().getTime();
  on.stores.put('docs_v1', docs(9));
  await on.follow();
  expect((await on.load()).lag).toMatchObject({ differences: 2 });
  expect(Date.parse((await on.load()).lag?.at ?? '') - before).toBeLessThan(60_000);
  expect(on.stores.pointsOf('docs_v2')).toHaveLength(9);
});

it('what is to be tried again is tried soon', async () => {
  const on = await quietFleet();
  await settleFailures(on.deps, await on.load(), 'retry', { all: true });
  const before = Date.parse((await on.load()).lag?.at ?? '');
  await on.follow();
  expect(Date.parse((await on.load()).lag?.at ?? '') - before).toBeLessThan(60_000);
});
