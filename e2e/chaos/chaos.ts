import { setTimeout as sleep } from 'node:timers/promises';
import type { PointId } from '@reembed/contracts';
import type { ProviderFault } from '@reembed/testkit';
import type { AppProcess } from '../support/app-process.ts';
import { eventually } from '../support/eventually.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { startFreezeHook } from '../support/freeze-hook.ts';
import { type LiveMigration, liveMigration } from '../support/live-migration.ts';
import { type OwnQdrant, startOwnQdrant } from '../support/own-qdrant.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';

export type ChaosOptions = { readonly seed: number; readonly seconds: number; readonly print: (line: string) => void };

/** Faults of one round come no longer than this; then it has to find home. */
const longestStormMs = 45_000;
const longestRoundMs = 240_000;
/** Of a whole run, however slow the machine or quick the migration. */
const fewestActs = 4;

/** A fleet whose parts can be taken away and come back. */
type Arena = {
  readonly fleet: Fleet;
  readonly qdrant: OwnQdrant;
  readonly random: SeededRandom;
  readonly print: (line: string) => void;
  readonly apps: Record<'coordinator' | 'worker', AppProcess[]>;
  /** So far. */
  acts: number;
};

/**
 * Runs migrations of a collection that is written to, one after the other, while everything fails in turn: at least one, and no more once
 * the time is over and some faults have come. Answers what is not as it has to be; the same seed acts alike, as far as the machine's own timing lets it.
 */
export async function runChaos({ seed, seconds, print }: ChaosOptions): Promise<string[]> {
  const random = seededRandom(seed);
  await using qdrant = await startOwnQdrant();
  await using fleet = await startFleet({
    ...{ qdrant, ownRedis: true, aof: true, coordinators: 0, workers: 0 },
    ...{ stub: { latencyMs: 100 }, providerTimeoutMs: 1_000 },
  });
  const apps = {
    coordinator: await Promise.all([fleet.startCoordinator(), fleet.startCoordinator()]),
    worker: await Promise.all([fleet.startWorker(), fleet.startWorker()]),
  };
  const arena = { fleet, qdrant, random, print, apps, acts: 0 };
  const until = performance.now() + seconds * 1_000;
  const found: string[] = [];
  for (let round = 1; found.length === 0 && (performance.now() < until || arena.acts < fewestActs); round++) {
    print(`round ${round} of seed ${seed}`);
    found.push(...(await runRound(arena, seed + round, until)));
  }
  return found;
}

async function runRound(arena: Arena, seed: number, until: number): Promise<string[]> {
  const { fleet, random, print } = arena;
  let unequal: string[] | null = null;
  let live: LiveMigration | null = null;
  const theLive = () => {
    if (live === null) throw new Error('the application has not started');
    return live;
  };
  await using hook = await startFreezeHook({
    writer: () => theLive().writer,
    async beforeRelease() {
      const { alias, target, differences } = theLive();
      // Both are equal while the writer is held for the first time after the alias has moved; later it goes on.
      if (unequal !== null) return;
      const compare = async () => ((await fleet.http.aliases())[alias] === target ? await differences() : 'not moved');
      const found = await eventually('both sides are compared', () => compare().catch(() => null));
      if (found !== 'not moved') unequal = found;
    },
  });
  live = await liveMigration(fleet, { points: 1_200, seed, switch: { freeze: { url: hook.url, timeoutMs: 12_000 } } });
  await using writer = live.writer;
  const { id } = await fleet.api.submit(live.spec);
  const home = leadHome(arena, id);
  let arrived = false;
  const arrival = home.finally(() => {
    arrived = true;
  });
  arrival.catch(() => undefined);
  const calm = Math.min(until, performance.now() + longestStormMs);
  while (!arrived && (performance.now() < calm || arena.acts < fewestActs)) {
    await act(arena);
    arena.acts++;
    await sleep(random.between(200, 2_500));
  }
  print('  calm');
  await home;
  await writer.wrote(1);
  await writer.stop();
  const late = await lateIds(arena, id);
  const lost = await live.lost();
  print(`${writer.log.length} writes acknowledged, ${late.size} late, ${hook.lapses} freezes ran out`);
  const silent = lost.filter((one) => !late.has(one)).map((one) => `${one}: an acknowledged write is lost`);
  return late.size === 0 ? [...silent, ...(unequal ?? ['the writer was never let go'])] : silent;
}

/** Does what a person does: resumes what failed, and switches some seconds after it is ready. */
async function leadHome({ fleet, print }: Arena, id: string): Promise<void> {
  const { api, state } = fleet;
  const giveUp = performance.now() + longestRoundMs;
  let told = '';
  for (let readySince = Number.POSITIVE_INFINITY; performance.now() < giveUp; await sleep(200)) {
    const now = await state.migrations.load(id).catch(() => null);
    if (now === null) continue;
    const words = `${now.phase}${now.error === null ? '' : `: ${now.error.message}`}${now.waiting === null ? '' : `, waiting: ${now.waiting.reason}`}`;
    if (words !== told) print(`  migration ${id} is ${words}`);
    told = words;
    readySince = now.phase === 'ready' ? Math.min(readySince, performance.now()) : Number.POSITIVE_INFINITY;
    if (now.phase === 'observing') return;
    if (now.phase === 'failed') await api.command(id, 'resume', { switch: true }).catch(() => undefined);
    if (performance.now() - readySince > 3_000) await api.command(id, 'switch').catch(() => undefined);
  }
  throw new Error(`migration ${id} did not end: ${JSON.stringify(await state.migrations.load(id))}`);
}

async function lateIds({ fleet: { api } }: Arena, id: string): Promise<Set<string>> {
  const { body } = await eventually('late writes are listed', () =>
    api.request<{ lateWrites: { id: PointId }[] }>('GET', `/v1/migrations/${id}/late-writes?limit=1000`).catch(() => null),
  );
  return new Set(body.lateWrites.map(({ id: late }) => (late.kind === 'uuid' ? JSON.stringify(late.id) : late.id)));
}

type Act = (arena: Arena) => Promise<void>;

async function act(arena: Arena): Promise<void> {
  await arena.random.pick(acts)(arena);
}

const killOne: Act = async ({ fleet, random, print, apps }) => {
  const kind = random.pick(['coordinator', 'worker', 'worker'] as const);
  const at = random.between(0, 1);
  const victim = apps[kind][at];
  if (victim === undefined || !victim.alive()) throw new Error(`${kind} ${at} has ended by itself: ${victim?.log()}`);
  print(`  SIGKILL ${kind} ${at}`);
  victim.signal('SIGKILL');
  await victim.exited();
  const start = () => (kind === 'worker' ? fleet.startWorker() : fleet.startCoordinator());
  apps[kind][at] = await eventually(`another ${kind} starts`, () => start().catch(() => null));
};

const stopOne: Act = async ({ random, print, apps }) => {
  const kind = random.pick(['coordinator', 'worker'] as const);
  const at = random.between(0, 1);
  // A coordinator that sleeps longer than one request, between its last look and moving the alias, may move it late.
  const ms = random.between(100, kind === 'worker' ? 4_000 : 2_500);
  print(`  SIGSTOP ${kind} ${at} for ${ms} ms`);
  apps[kind][at]?.signal('SIGSTOP');
  await sleep(ms);
  apps[kind][at]?.signal('SIGCONT');
};

const restartRedis: Act = async ({ fleet, random, print }) => {
  const ms = random.between(0, 2_000);
  print(`  Redis SIGKILL, back after ${ms} ms`);
  await fleet.redis.kill();
  await sleep(ms);
  await fleet.redis.restart();
};

const stopQdrant: Act = async ({ qdrant, random, print }) => {
  const ms = random.between(0, 4_000);
  print(`  Qdrant down for ${ms} ms`);
  await qdrant.local.stop();
  await sleep(ms);
  await qdrant.local.start();
};

const breakRequests: Act = async ({ qdrant, random, print }) => {
  const effect = random.pick([
    'drop-before',
    'drop-after',
    'refuse',
    { status: 500 },
    { status: 429, retryAfterSeconds: 1 },
    { status: 507 },
    { latencyMs: 700 },
  ] as const);
  const path = random.pick([/\/points$/, /\/points\/scroll$/, /\/aliases$/, /./]);
  const times = random.between(1, 8);
  print(`  the next ${times} requests to ${path.source} meet ${JSON.stringify(effect)}`);
  qdrant.local.faults.add({ match: { path }, effect, times });
};

const breakProvider: Act = async ({ fleet, random, print }) => {
  const fault = random.pick<ProviderFault>([
    { kind: 'rate-limited', retryAfter: '1' },
    { kind: 'status', status: 500 },
    { kind: 'hung' },
    { kind: 'dropped' },
    { kind: 'wrong-count' },
    { kind: 'not-finite' },
    { kind: 'reordered' },
  ]);
  const times = random.between(1, 4);
  print(`  the next ${times} replies of the provider: ${fault.kind}`);
  fleet.stub.script(...Array.from({ length: times }, () => fault));
};

const acts: readonly Act[] = [killOne, killOne, stopOne, restartRedis, stopQdrant, breakRequests, breakRequests, breakProvider];
