import { putPoints } from '@reembed/testkit/fakes/memory-store';
import { type Checks, createChecks, type Violation } from './checks/checks.ts';
import { createInPlaceChecks } from './checks/in-place-checks.ts';
import { createCaller } from './engine/calls.ts';
import { drawFaults, type Fault, givenFaults } from './engine/faults.ts';
import { createRandom } from './engine/random.ts';
import { createScheduler } from './engine/scheduler.ts';
import { startFleet } from './fleet/fleet.ts';
import { requestTimeoutMs, type Scenario } from './scenario.ts';
import { startApplication } from './users/application.ts';
import { startMeddler } from './users/meddler.ts';
import { startOperator } from './users/operator.ts';
import { startRival } from './users/rival.ts';
import { payloadOf, pointFor } from './users/writes.ts';
import { createQdrantServer } from './world/qdrant-server.ts';
import { createRedisServer } from './world/redis-server.ts';
import { wholeStateOf } from './world/whole-state.ts';

/** How long a migration may take to come home once everything is calm, in virtual ms, and how many events. */
const homeMs = 300_000;
const mostEvents = 100_000;

/** Within which coordinators clear away what nobody needs, in virtual ms. */
const clearedMs = 8_000;

/** What is told of a run, for people: at which moment, who did what. */
export type Line = { readonly at: number; readonly text: string };

export type Run = {
  readonly violations: readonly Violation[];
  readonly faults: readonly Fault[];
  /** Effects of calls. */
  readonly calls: number;
  readonly virtualMs: number;
};

export type RunOptions = {
  /** Instead of those that the seed draws. */
  readonly faults?: readonly Fault[];
  readonly tell?: (line: Line) => void;
};

/** Runs one schedule to its end, or to the first promise that is broken. */
export async function runScenario(scenario: Scenario, { faults: given, tell }: RunOptions = {}): Promise<Run> {
  const { seed, spec, calmAt, traits } = scenario;
  const scheduler = createScheduler();
  const random = createRandom(seed, 'schedule');
  const now = scheduler.now;
  const qdrant = createQdrantServer({
    now,
    random,
    replicasLag: traits.includes('replicas lag'),
    floatsMove: traits.includes('floats move'),
  });
  const redis = createRedisServer(scheduler, random);
  const servers = scenario.takeOvers.length === 0 ? [redis] : [redis, createRedisServer(scheduler, random, 'other-fleet')];
  const { state, owner } = wholeStateOf(servers);
  const faults =
    given === undefined ? drawFaults(createRandom(seed, 'faults'), scenario.faults, () => state.newest()?.phase) : givenFaults(given);
  const violations: Violation[] = [];
  const say = (text: string) => tell?.({ at: now(), text });
  const report = (violation: Violation) => {
    say(`BROKEN: ${violation.rule}: ${violation.what}`);
    violations.push(violation);
  };
  const onDefect = (error: unknown) =>
    report({
      rule: 'no stage fails in a way it should not',
      what: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  const withPrice = traits.includes('floats move');
  await qdrant.collections.create('docs_v1', { vectors: { size: 2, distance: 'Dot' } });
  await qdrant.collections.pointAlias('docs', 'docs_v1');
  const source = qdrant.store.get('docs_v1');
  const stored = Array.from({ length: scenario.points }, (_, n) => pointFor(source, String(n + 1), payloadOf(`text ${n + 1}`, withPrice)));
  putPoints(source, stored);
  const checks: Checks = (spec.target.inPlace ? createInPlaceChecks : createChecks)({
    ...{ now, qdrant, redis: state, spec, report },
    isUndisturbed: () => scenario.takeOvers.length === 0 && faults.befallen.every(({ kind }) => kind === 'slow'),
    acceptLateWrites: scenario.acceptLateWrites,
    onPhase(phase) {
      application.began(phase);
      meddler.began(phase);
    },
  });
  let clockError = 0;
  let calls = 0;
  const caller = createCaller({
    scheduler,
    random,
    faults,
    requestTimeoutMs,
    hooks: {
      isAway: (server) => (server === 'qdrant' || server === 'redis') && now() < (server === 'qdrant' ? qdrant : redis).awayUntil,
      strike,
      effect(call, run) {
        calls++;
        if (tell !== undefined) say(`${call.process.name}: ${call.port}.${call.method} ${JSON.stringify(call.args).slice(0, 200)}`);
        return checks.effect(call, run);
      },
      tell: (call, what) => say(`${call.process.name}: ${call.port}.${call.method} ${what}`),
    },
  });

  function strike({ kind, ms }: Fault): void {
    if (kind === 'qdrant-away') qdrant.awayUntil = now() + ms;
    if (kind === 'redis-away') redis.awayUntil = now() + ms;
    if (kind === 'redis-emptied') redis.empty();
    if (kind === 'redis-aged') redis.age();
    if (kind === 'redis-emptied' || kind === 'redis-aged') checks.redisLost();
    if (kind === 'clock-jump') clockError += random.chance(0.5) ? ms : -ms;
  }

  const application = startApplication({ scheduler, caller, qdrant, writes: scenario.writes, withPrice, onWrite: checks.onWrite });
  const fleets = servers.map((server, at) =>
    startFleet({
      ...{ scheduler, random, caller, qdrant, redis: server, requestTimeoutMs, onDefect },
      freezeHook: application.hook,
      clockError: () => clockError,
      idPrefix: at === 0 ? 'm' : 'n',
      coordinators: at === 0 ? scenario.coordinators : 1,
      workers: at === 0 ? scenario.workers : 1,
    }),
  );
  const awakeAt = () => Math.max(...fleets.map((one) => one.awakeAt()));
  const meddler = startMeddler({
    ...{ scheduler, qdrant, redis: state, spec },
    acts: scenario.meddling,
    goal: scenario.goal,
    onAlias: checks.movedByHand,
    onTargetGone: checks.targetGone,
    onMadeAnew: checks.madeAnew,
    tell: say,
  });
  const operator = startOperator({
    ...{ scheduler, random, redis: state, qdrant, spec, onDefect },
    coordinator: () => fleets[owner()]?.coordinator() ?? null,
    goal: scenario.goal,
    acceptLateWrites: scenario.acceptLateWrites,
    putAliasBack: meddler.putAliasBack,
    onComplete: checks.saidComplete,
    tell: say,
  });
  startRival({
    ...{ scheduler, spec, fleets, onDefect },
    takeOvers: scenario.takeOvers,
    onTakeOver: checks.redisLost,
    tell: say,
  });
  const mayStrike = [scenario.faults, ...scenario.faults.likely].flatMap(({ kinds }) => kinds);
  if (mayStrike.includes('redis-aged')) backUp();
  function backUp(): void {
    redis.backUp();
    scheduler.after(random.between(50, scenario.backUpEveryMs), backUp);
  }

  const current = () => state.newest();
  const isBroken = () => violations.length > 0;
  await scheduler.run(isBroken, { untilMs: calmAt, events: mostEvents });
  say('everything is calm from here on');
  faults.stop();
  application.stop();
  operator.calm();
  const isHome = () => isBroken() || (operator.isThere(current()) && current()?.announced === current()?.phaseNumber);
  // A word that slept through the end may begin anew: it is led home, too.
  do {
    const ended = await scheduler.run(isHome, { untilMs: calmAt + homeMs, events: mostEvents });
    if (!isBroken() && ended !== 'done') {
      const { phase, waiting, error } = current() ?? {};
      const why = waiting?.reason ?? error?.message ?? 'no reason is given';
      report({ rule: 'nothing stands still', what: `${phase ?? 'nothing is known of it'} after ${ended} is over: ${why}` });
    }
    // What is cleared away after the end, and after who slept through it.
    await scheduler.run(isBroken, { untilMs: Math.max(now(), awakeAt()) + clearedMs, events: mostEvents });
  } while (!isHome());
  const last = current();
  if (!isBroken() && last !== undefined) checks.atRest(last);
  return { violations, faults: faults.befallen, calls, virtualMs: now() };
}
