import { addTimes, type Clock, type EmbedContext, type Migration, noTimes, type Pace, type TimedPart, type WorkTimes } from '@reembed/core';
import type { Road } from './roads.ts';

/** Measures what one range spends its time on. */
export type Stopwatch = {
  /** Counts a part as under way until the work has ended. Calls of one part that overlap count once. */
  during<T>(part: TimedPart, work: () => T): T;
  /** Since the last time. */
  take(): WorkTimes;
};

type Running = { calls: number; since: number; ms: number };

export function createStopwatch({ monotonicMs }: Pick<Clock, 'monotonicMs'>): Stopwatch {
  const parts = new Map<TimedPart, Running>();
  let begun = monotonicMs();
  let loop = performance.eventLoopUtilization();
  const runningOf = (part: TimedPart) => {
    const running = parts.get(part) ?? { calls: 0, since: 0, ms: 0 };
    parts.set(part, running);
    return running;
  };
  /** Notes what has gone by of a part that is under way. */
  const settle = (running: Running, now: number) => {
    if (running.calls > 0) running.ms += now - running.since;
    running.since = now;
  };
  const change = (running: Running, calls: 1 | -1) => {
    settle(running, monotonicMs());
    running.calls += calls;
  };
  return {
    during(part, work) {
      const running = runningOf(part);
      const end = () => change(running, -1);
      change(running, 1);
      try {
        const result = work();
        if (result instanceof Promise) void result.then(end, end);
        else end();
        return result;
      } catch (error) {
        end();
        throw error;
      }
    },
    take() {
      const now = monotonicMs();
      const inHand = now - begun;
      const before = loop;
      loop = performance.eventLoopUtilization();
      begun = now;
      const spent = [...parts].map(([part, running]) => {
        settle(running, now);
        const { ms } = running;
        running.ms = 0;
        return [part, ms] as const;
      });
      const { utilization } = performance.eventLoopUtilization(loop, before);
      return { ...noTimes, ...Object.fromEntries(spent), inHand, cpu: utilization * inHand };
    },
  };
}

/** The same road; what goes to the source and what to another collection is measured. */
export function timeRoad({ points, carrier }: Road, { resolved }: Pick<Migration, 'resolved'>, stopwatch: Stopwatch): Road {
  const partOf = (collection: unknown): TimedPart => (collection === resolved.source ? 'source' : 'qdrant');
  return {
    points: timed(points, partOf, stopwatch),
    carrier: carrier === null ? null : { ...timed(carrier, partOf, stopwatch), isAlike: carrier.isAlike },
  };
}

/** The same port, whose every method has a collection as its first argument. */
function timed<Port extends object>(port: Port, partOf: (collection: unknown) => TimedPart, stopwatch: Stopwatch): Port {
  return new Proxy(port, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...asked: readonly unknown[]) => stopwatch.during(partOf(asked[0]), () => Reflect.apply(method, target, asked));
    },
  });
}

/** The same contexts; what the models take, and their limits, is measured. */
export function timeModels(contexts: Readonly<Record<string, EmbedContext>>, stopwatch: Stopwatch): Record<string, EmbedContext> {
  const timedOf = ({ embedder, budget, shared, ...rest }: EmbedContext): EmbedContext => {
    const embed: typeof embedder.embed = (...asked) => stopwatch.during('provider', () => embedder.embed(...asked));
    return {
      ...rest,
      // Whoever's page goes with the request of another waits for the provider as well.
      shared: shared && { embed: (...asked) => stopwatch.during('provider', () => shared.embed(...asked)) },
      budget: { ...budget, pass: (...asked) => stopwatch.during('provider', () => budget.pass(...asked)) },
      // Not a copy: what an embedder knows of itself may change with its first request.
      embedder: new Proxy(embedder, { get: (target, field) => (field === 'embed' ? embed : Reflect.get(target, field)) }),
    };
  };
  return Object.fromEntries(Object.entries(contexts).map(([name, context]) => [name, timedOf(context)]));
}

/** A process tells no more often than this of a migration, in ms. */
const tellEveryMs = 2_000;

/** Tells the fleet what ranges of this process spend their time on. Nothing hangs on it: what cannot be told is left out. */
export function createTimesTeller(pace: Pick<Pace, 'noteTimes'>, { monotonicMs }: Pick<Clock, 'monotonicMs'>) {
  const untold = new Map<string, { readonly times: WorkTimes; readonly since: number }>();
  return (id: string, added: WorkTimes): void => {
    const { times, since } = untold.get(id) ?? { times: noTimes, since: monotonicMs() };
    const sum = addTimes(times, added);
    const isDue = monotonicMs() - since >= tellEveryMs;
    if (!isDue) untold.set(id, { times: sum, since });
    else {
      untold.delete(id);
      pace.noteTimes(id, sum).catch(() => undefined);
    }
  };
}
