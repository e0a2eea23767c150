import type { Spec } from '@reembed/contracts';
import type { FreezeHook } from '@reembed/core';
import { putPoints } from '@reembed/testkit/fakes/memory-store';
import type { Violation } from './checks/checks.ts';
import { createStorageChecks } from './checks/storage-checks.ts';
import { createCaller } from './engine/calls.ts';
import { drawFaults, type Fault, givenFaults } from './engine/faults.ts';
import { createRandom } from './engine/random.ts';
import { createScheduler } from './engine/scheduler.ts';
import { startFleet } from './fleet/fleet.ts';
import { type Plot, requestTimeoutMs, type Scenario } from './scenario.ts';
import { createStory, type Story, type StoryOptions } from './story.ts';
import { startRival } from './users/rival.ts';
import { startTuner } from './users/tuner.ts';
import { payloadOf, pointFor } from './users/writes.ts';
import { createQdrantServer, type QdrantServer } from './world/qdrant-server.ts';
import { createRedisServer } from './world/redis-server.ts';
import { viewOf, wholeStateOf } from './world/whole-state.ts';

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
  const isAlone = scenario.takeOvers.length === 0 && (scenario.second?.fleet ?? 0) === 0;
  const servers = isAlone ? [redis] : [redis, createRedisServer(scheduler, random, 'other-fleet')];
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
  await setTheScene(scenario, qdrant);
  let clockError = 0;
  let ids = 0;
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
        return looks.reduce<() => Promise<unknown>>((inner, look) => () => look(call, inner), run)();
      },
      tell: (call, what) => say(`${call.process.name}: ${call.port}.${call.method} ${what}`),
    },
  });

  function strike({ kind, ms }: Fault): void {
    if (kind === 'qdrant-away') qdrant.awayUntil = now() + ms;
    if (kind === 'redis-away') redis.awayUntil = now() + ms;
    if (kind === 'redis-emptied') redis.empty();
    if (kind === 'redis-aged') redis.age();
    if (kind === 'redis-emptied' || kind === 'redis-aged') redisLost();
    if (kind === 'clock-jump') clockError += random.chance(0.5) ? ms : -ms;
  }

  const redisLost = () => {
    for (const { checks } of stories) checks.redisLost();
  };
  const shared: Omit<StoryOptions, 'plot' | 'state' | 'coordinator' | 'other' | 'meddling' | 'isKept'> = {
    ...{ scheduler, now, random, qdrant, caller, withPrice, report, onDefect },
    isUndisturbed: () => servers.length === 1 && faults.befallen.every(({ kind }) => kind === 'slow'),
    // Who reads what another one writes hears of it, too.
    onWrite: (...written) => {
      for (const { checks } of stories) checks.onWrite(...written);
    },
    tell: say,
  };
  const ofFirst = () => fleets[scenario.second === null ? owner() : 0]?.coordinator() ?? null;
  const first = createStory({
    ...shared,
    ...{
      plot: scenario,
      state: scenario.second === null ? state : viewOf(redis, spec),
      meddling: scenario.meddling,
      isKept: () => isKeptBy(stories[1], spec),
    },
    onPhase(phase) {
      for (const story of stories) if (story.plot.begins.after === phase) story.begin();
    },
    coordinator: ofFirst,
    other: () => fleets[scenario.second?.fleet ?? 0]?.coordinator() ?? null,
  });
  const stories = [first, ...secondOf(scenario.second)];
  function secondOf(plot: Plot | null): Story[] {
    const server = servers[plot?.fleet ?? 0];
    if (plot === null || server === undefined) return [];
    const coordinator = () => fleets[plot.fleet]?.coordinator() ?? null;
    return [
      createStory({
        ...shared,
        plot,
        state: viewOf(server, plot.spec),
        meddling: [],
        isKept: () => isKeptBy(first, plot.spec),
        coordinator,
        other: ofFirst,
        tell: (text) => say(`of the second, ${text}`),
      }),
    ];
  }
  const storage = createStorageChecks({ qdrant, now, report });
  const looks = [...stories.map(({ checks }) => checks.effect), ...(scenario.requantizations.length > 0 ? [storage.effect] : [])];

  const fleets = servers.map((server, at) =>
    startFleet({
      ...{ scheduler, random, caller, qdrant, redis: server, requestTimeoutMs, onDefect },
      freezeHook: hookOf(stories),
      hot: scenario.hot,
      clockError: () => clockError,
      idPrefix: at === 0 ? 'm' : 'n',
      nextNumber: () => ++ids,
      coordinators: at === 0 ? scenario.coordinators : 1,
      workers: at === 0 ? scenario.workers : 1,
    }),
  );
  const awakeAt = () => Math.max(...fleets.map((one) => one.awakeAt()));
  for (const story of stories) if (story.plot.begins.after === null) story.begin();
  startTuner({
    ...{ scheduler, onDefect, tell: say },
    wishes: scenario.requantizations,
    coordinator: () => fleets[0]?.coordinator() ?? null,
  });
  startRival({
    ...{ scheduler, spec, fleets, onDefect },
    takeOvers: scenario.takeOvers,
    onTakeOver: redisLost,
    tell: say,
  });
  const mayStrike = [scenario.faults, ...scenario.faults.likely].flatMap(({ kinds }) => kinds);
  if (mayStrike.includes('redis-aged')) backUp();
  function backUp(): void {
    redis.backUp();
    scheduler.after(random.between(50, scenario.backUpEveryMs), backUp);
  }

  const isBroken = () => violations.length > 0;
  await scheduler.run(isBroken, { untilMs: calmAt, events: mostEvents });
  say('everything is calm from here on');
  faults.stop();
  for (const story of stories) story.calm();
  const isHome = () => isBroken() || stories.every((story) => story.isHome());
  // A word that slept through the end may begin anew: it is led home, too.
  do {
    const ended = await scheduler.run(isHome, { untilMs: calmAt + homeMs, events: mostEvents });
    const lost = stories.find((story) => !story.isHome());
    if (!isBroken() && lost !== undefined)
      report({ rule: 'nothing stands still', what: `${lost.inWords()} after ${ended} is over: ${lost.why()}` });
    // What is cleared away after the end, and after who slept, or was away, through it.
    await scheduler.run(isBroken, {
      untilMs: Math.max(now(), awakeAt(), qdrant.awayUntil, redis.awayUntil) + clearedMs,
      events: mostEvents,
    });
  } while (!isHome());
  for (const { checks, current } of stories) {
    const last = current();
    if (!isBroken() && last !== undefined) checks.atRest(last);
  }
  return { violations, faults: faults.befallen, calls, virtualMs: now() };
}

/** What there is before anybody comes. */
async function setTheScene({ points, traits, spec, second }: Scenario, { store, collections }: QdrantServer): Promise<void> {
  const withPrice = traits.includes('floats move');
  for (const { source, target } of [spec, ...(second === null ? [] : [second.spec])]) {
    if (!store.all.has(source.collection)) {
      await collections.create(source.collection, { vectors: { size: 2, distance: 'Dot' } });
      const made = store.get(source.collection);
      putPoints(
        made,
        Array.from({ length: points }, (_, n) => pointFor(made, String(n + 1), payloadOf(`text ${n + 1}`, withPrice))),
      );
    }
    // One that the first one's source is read by is made by its switch.
    if (source.collection !== spec.source.collection || target === spec.target)
      await collections.pointAlias(target.alias ?? 'docs', source.collection);
  }
}

/** Whether another migration reads the same, keeps it, or was at it when this one was to delete it. */
function isKeptBy(other: Story | undefined, { source }: Spec): boolean {
  const { spec, phase } = other?.current() ?? {};
  return spec?.source.collection === source.collection && phase !== 'completed';
}

/** Whose writers are held, the URL says. */
function hookOf(stories: readonly Story[]): FreezeHook {
  const of = (url: string) => (stories.find(({ plot }) => plot.spec.switch.freeze.url === url) ?? stories[0])?.application.hook;
  return {
    hold: async (url, asked) => of(url)?.hold(url, asked),
    release: async (url, asked) => of(url)?.release(url, asked),
  };
}
