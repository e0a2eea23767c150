import { putPoints } from '@reembed/testkit/fakes/memory-store';
import { type Checks, createChecks, type Violation } from './checks/checks.ts';
import { createCaller } from './engine/calls.ts';
import { drawFaults, type Fault, givenFaults } from './engine/faults.ts';
import { createRandom } from './engine/random.ts';
import { createScheduler } from './engine/scheduler.ts';
import { type Fleet, startFleet } from './fleet/fleet.ts';
import { requestTimeoutMs, type Scenario } from './scenario.ts';
import { pointFor, startApplications } from './users/application.ts';
import { startOperator } from './users/operator.ts';
import { createQdrantServer, createRedisServer } from './world/servers.ts';

/** How long a migration may take to come home once everything is calm, in virtual ms, and how many events. */
const homeMs = 1_200_000;
const mostEvents = 400_000;

/** What is told of a run, for people: at which moment, who, what. */
export type Line = { readonly at: number; readonly text: string };

export type Run = {
  readonly violations: readonly Violation[];
  readonly faults: readonly Fault[];
  /** Calls of ports. */
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
  const { seed, spec, goal, calmAt } = scenario;
  const scheduler = createScheduler();
  const random = createRandom(seed, 'schedule');
  const qdrant = createQdrantServer();
  const redis = createRedisServer(scheduler, random);
  const faults = given === undefined ? drawFaults(createRandom(seed, 'faults'), scenario.faults) : givenFaults(given);
  const violations: Violation[] = [];
  const say = (text: string) => tell?.({ at: scheduler.now(), text });
  const report = (violation: Violation) => {
    say(`BROKEN: ${violation.rule}: ${violation.what}`);
    violations.push(violation);
  };
  const onDefect = (error: unknown) =>
    report({
      rule: 'no stage fails in a way it should not',
      what: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  let clockError = 0;
  let calls = 0;
  let checks: Checks | null = null;
  const caller = createCaller({
    scheduler,
    random,
    faults,
    requestTimeoutMs,
    hooks: {
      isAway: (server) => (server === 'qdrant' || server === 'redis') && scheduler.now() < (server === 'qdrant' ? qdrant : redis).awayUntil,
      strike,
      effect(call, run) {
        calls++;
        if (tell !== undefined) say(`${call.process.name}: ${call.port}.${call.method} ${JSON.stringify(call.args).slice(0, 160)}`);
        return checks === null ? run() : checks.effect(call, run);
      },
      tell: (call, what) => say(`${call.process.name}: ${call.port}.${call.method} ${what}`),
    },
  });

  function strike({ kind, ms }: Fault): void {
    if (kind === 'qdrant-away') qdrant.awayUntil = scheduler.now() + ms;
    if (kind === 'redis-away') redis.awayUntil = scheduler.now() + ms;
    if (kind === 'redis-emptied') redis.empty();
    if (kind === 'redis-aged') redis.age();
    if (kind === 'clock-jump') clockError += random.chance(0.5) ? ms : -ms;
  }

  await qdrant.collections.create('docs_v1', { vectors: { size: 2, distance: 'Dot' } });
  await qdrant.collections.pointAlias('docs', 'docs_v1');
  const source = qdrant.store.get('docs_v1');
  putPoints(
    source,
    Array.from({ length: scenario.points }, (_, n) => pointFor(source, String(n + 1), `text ${n + 1}`)),
  );
  checks = createChecks({ qdrant, redis, spec, report });
  const applications = startApplications({ scheduler, caller, qdrant, writes: scenario.writes, onWrite: checks.onWrite });
  const fleet: Fleet = startFleet({
    scheduler,
    random,
    caller,
    qdrant,
    redis,
    requestTimeoutMs,
    freezeHook: applications.hook,
    clockError: () => clockError,
    coordinators: scenario.coordinators,
    workers: scenario.workers,
    onDefect,
  });
  const operator = startOperator({
    scheduler,
    random,
    redis,
    fleet: () => fleet,
    spec,
    goal,
    acceptLateWrites: scenario.acceptLateWrites,
    tell: say,
    onDefect,
  });
  const backUp = () => {
    redis.backUp();
    scheduler.after(random.between(200, 2_000), backUp);
  };
  if (scenario.faults.kinds.includes('redis-aged')) backUp();

  const current = () => [...redis.documents.values()].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0];
  const isHome = () => violations.length > 0 || (operator.isThere(current()) && current()?.announced === current()?.phaseNumber);
  await scheduler.run(() => violations.length > 0, { untilMs: calmAt, events: mostEvents });
  say('everything is calm from here on');
  faults.stop();
  applications.stop();
  operator.calm();
  const ended = await scheduler.run(isHome, { untilMs: calmAt + homeMs, events: mostEvents });
  if (violations.length === 0 && ended !== 'done') {
    const { phase, waiting, error } = current() ?? {};
    const why = waiting?.reason ?? error?.message ?? 'no reason is given';
    report({ rule: 'nothing stands still', what: `${phase ?? 'nothing is known of it'} after ${ended} is over: ${why}` });
  }
  // What is cleared away after the end.
  await scheduler.run(() => violations.length > 0, { untilMs: scheduler.now() + 15_000, events: mostEvents });
  const last = current();
  if (violations.length === 0 && last !== undefined) checks.atRest(last);
  return { violations, faults: faults.befallen, calls, virtualMs: scheduler.now() };
}
