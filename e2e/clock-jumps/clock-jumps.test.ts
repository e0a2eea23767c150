import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startFleet } from '../support/fleet.ts';
import { startFreezeHook } from '../support/freeze-hook.ts';
import { type LiveMigration, liveMigration } from '../support/live-migration.ts';

const hourMs = 3_600_000;

test('clocks set forwards and back by an hour during copy, sync and the freeze of a switch: nothing waits for them, nothing is lost', async () => {
  await using fleet = await startFleet({ coordinators: 0, workers: 0, concurrency: 1, stub: { latencyMs: 100 } });
  const { api, http } = fleet;
  const held: { differences: string[]; lost: string[] }[] = [];
  let live: LiveMigration | null = null;
  const theLive = () => live ?? expect.fail('the application has not started');
  await using hook = await startFreezeHook({
    writer: () => theLive().writer,
    // The clocks jump while the application comes to rest.
    firstHoldMs: 1_500,
    async beforeRelease() {
      const { alias, target, differences, lost } = theLive();
      if ((await http.aliases())[alias] === target) held.push({ differences: await differences(), lost: await lost() });
    },
  });
  live = await liveMigration(fleet, { points: 400, seed: 5, switch: { freeze: { url: hook.url, timeoutMs: 12_000 } } });
  await using writer = live.writer;
  const { target } = live;
  const [coordinator, worker] = await Promise.all([
    fleet.startCoordinator({ at: 'before', act: 'collections.pointAlias', args: `^\\["${live.alias}",`, how: 'hold' }),
    fleet.startWorker(),
  ]);
  let [coordinatorIs, workerIs] = [0, 0];
  /** Sets both clocks, to hours from the true time. */
  const setTo = (hours: { coordinator: number; worker: number }) => {
    coordinator.setClockBy((hours.coordinator - coordinatorIs) * hourMs);
    worker.setClockBy((hours.worker - workerIs) * hourMs);
    [coordinatorIs, workerIs] = [hours.coordinator, hours.worker];
  };
  const { id } = await api.submit(live.spec);
  const hoursOff = async () => Math.round((Date.parse((await api.view(id)).updatedAt) - Date.now()) / hourMs);

  for (const [points, hours] of [
    [75, 1],
    [175, -1],
  ] as const) {
    const copied = await eventually(`${points} points are copied`, async () => {
      const there = (await http.names()).includes(target) ? await http.count(target) : 0;
      return there >= points ? there : null;
    });
    expect(copied).toBeLessThan(400);
    setTo({ coordinator: hours, worker: hours });
  }
  await api.until(id, 'ready');
  expect(await hoursOff()).toBe(-1);

  setTo({ coordinator: -2, worker: 1 });
  const before = (await api.view(id)).lag?.at;
  await writer.wrote(1);
  const { lag, phase } = await eventually('another pass follows the application', async () => {
    const view = await api.view(id);
    return view.lag !== null && view.lag.at !== before ? view : null;
  });
  expect(phase).toBe('ready');
  expect(lag?.tookMs).toBeLessThan(hourMs / 2);

  await api.command(id, 'switch');
  await eventually('the application is asked to hold', () => (hook.asked.length > 0 ? true : null));
  setTo({ coordinator: 1, worker: 0 });
  await eventually('the switch goes on by the new time', async () => ((await hoursOff()) === 1 ? true : null));
  await coordinator.hit();
  setTo({ coordinator: -1, worker: 1 });
  coordinator.release();
  const { lateWrites } = await api.until(id, 'observing');
  expect(await hoursOff()).toBe(-1);
  expect(lateWrites.open).toBe(0);
  expect(held[0]).toEqual({ differences: [], lost: [] });
  expect(hook.lapses).toBe(0);
  await writer.wrote(1);
  await writer.stop();
  expect(writer.moved).toBe(true);
  expect(await live.lost()).toEqual([]);
});
