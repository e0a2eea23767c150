import { setTimeout as sleep } from 'node:timers/promises';
import type { Phase } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startFleet } from '../support/fleet.ts';
import { startFreezeHook } from '../support/freeze-hook.ts';
import { type LiveMigration, liveMigration } from '../support/live-migration.ts';
import { seededRandom } from '../support/seeded-random.ts';

const seed = 20;
const kills = 30;
const running: readonly Phase[] = ['copying', 'indexing', 'verifying', 'syncing', 'ready', 'switching'];

test(`${kills} SIGKILLs of workers and coordinators at random moments of one live migration: it ends complete and equal`, async () => {
  await using fleet = await startFleet({ coordinators: 0, workers: 0, stub: { latencyMs: 200 } });
  const { api, http } = fleet;
  const random = seededRandom(seed);
  const held: { differences: string[]; lost: string[] }[] = [];
  let live: LiveMigration | null = null;
  const theLive = () => live ?? expect.fail('the application has not started');
  await using hook = await startFreezeHook({
    writer: () => theLive().writer,
    async beforeRelease() {
      const { alias, target, differences, lost } = theLive();
      if ((await http.aliases())[alias] === target) held.push({ differences: await differences(), lost: await lost() });
    },
  });
  live = await liveMigration(fleet, { points: 1_500, seed, switch: { freeze: { url: hook.url, timeoutMs: 12_000 } } });
  await using writer = live.writer;
  const apps = {
    coordinator: [fleet.startCoordinator(), fleet.startCoordinator()],
    worker: [fleet.startWorker(), fleet.startWorker(), fleet.startWorker()],
  };
  await Promise.all(Object.values(apps).flat());
  const { id } = await api.submit(live.spec);
  const hit = new Map<string, number>();
  /** Kills one that lives, of a migration that is not at rest, and starts another in its place. */
  async function kill(): Promise<void> {
    const kind = random.pick(['worker', 'worker', 'coordinator'] as const);
    const slots = apps[kind];
    const at = random.between(0, slots.length - 1);
    const victim = await slots[at];
    await sleep(random.between(0, 300));
    const phase = (await fleet.state.migrations.load(id))?.phase;
    if (victim === undefined || phase === undefined || !running.includes(phase)) return;
    expect(victim.alive()).toBe(true);
    victim.signal('SIGKILL');
    expect(await victim.exited()).toBe('SIGKILL');
    hit.set(`${kind} while ${phase}`, (hit.get(`${kind} while ${phase}`) ?? 0) + 1);
    slots[at] = kind === 'worker' ? fleet.startWorker() : fleet.startCoordinator();
    slots[at].catch(() => undefined);
  }
  const killed = () => [...hit.values()].reduce((sum, count) => sum + count, 0);
  await eventually('the copy has begun', async () => ((await fleet.state.migrations.load(id))?.phase === 'copying' ? true : null));
  while (killed() < kills) await kill();
  await api.until(id, 'ready');
  await api.command(id, 'switch');
  for (let n = 0; n < 4; n++) await kill();
  await api.until(id, 'observing');
  await Promise.all(Object.values(apps).flat());
  expect([...hit.keys()].some((act) => act.startsWith('coordinator'))).toBe(true);
  // A release is not waited for longer than a few seconds: on a busy machine both sides are still being compared.
  expect(await eventually('writers are let go', () => held[0] ?? null)).toEqual({ differences: [], lost: [] });
  expect((await api.view(id)).lateWrites.open).toBe(0);
  await writer.wrote(2);
  await writer.stop();
  expect(await live.lost()).toEqual([]);
});
