import { AsyncLocalStorage } from 'node:async_hooks';
import { ReembedError } from '@reembed/core';
import type { Fault, Faults } from './faults.ts';
import type { SimProcess } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** Where a call goes. `application` stands for the applications' requests, `hook` for their freeze hook. */
export type ServerName = 'qdrant' | 'redis' | 'provider' | 'hook';

export type Call = {
  readonly process: SimProcess;
  /** Of what its process does at the same time, the run of a stage or the look that made it. What one of them has seen the others do not know. */
  readonly task: object;
  readonly server: ServerName;
  readonly port: string;
  readonly method: string;
  readonly args: readonly unknown[];
  /** When it was made, in virtual ms. */
  readonly issuedAt: number;
};

/** What the world does about a call besides its effect. */
export type CallHooks = {
  /** Whether the server answers at all. */
  isAway(server: ServerName): boolean;
  /** A fault of a whole server. */
  strike(fault: Fault): void;
  /** Carries the effect out; it happens at once, whatever is answered. */
  effect(call: Call, run: () => Promise<unknown>): Promise<unknown>;
  tell(call: Call, what: string): void;
};

const tasks = new AsyncLocalStorage<object>();

/** Every call that `act` makes is of a task of its own. */
export function asTask<Result>(act: () => Promise<Result>): Promise<Result> {
  return tasks.run({}, act);
}

export type Caller = { call(call: Omit<Call, 'task' | 'issuedAt'>, run: () => Promise<unknown>): Promise<unknown> };

type CallerOptions = {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faults: Faults;
  readonly hooks: CallHooks;
  /** What a request to Qdrant may take at most. */
  readonly requestTimeoutMs: number;
};

/** How the two halves of a call go: when the request arrives, when the answer does, and what happens to the caller. */
type Course = {
  readonly thereMs: number;
  readonly backMs: number;
  readonly arrives: boolean;
  readonly answers: boolean;
  readonly dies: 'before' | 'after' | null;
};

/** Every call of a port becomes two events, the effect and the answer, and meets the fault that is due. */
export function createCaller({ scheduler, random, faults, hooks, requestTimeoutMs }: CallerOptions): Caller {
  return {
    call(wanted, run) {
      const call = { ...wanted, task: tasks.getStore() ?? wanted.process, issuedAt: scheduler.now() };
      const fault = faults.next(call.process.name.startsWith('application') ? 'application' : call.server, call.method);
      if (fault !== null) hooks.tell(call, `meets ${fault.kind}${fault.ms > 0 ? ` (${fault.ms} ms)` : ''}`);
      if (fault !== null) hooks.strike(fault);
      const course = courseOf(fault);
      if (fault?.kind === 'sleep-before') call.process.sleep(fault.ms);
      if (course.dies === 'before') call.process.die();
      if (course.dies === 'before' && !course.arrives) return new Promise(() => undefined);
      return new Promise((resolve, reject) => {
        scheduler.after(course.thereMs, () => {
          const reached = course.arrives && !hooks.isAway(call.server);
          const effect = reached ? hooks.effect(call, run) : null;
          // Nobody may ever hear of how it ended.
          effect?.catch(() => undefined);
          if (fault?.kind === 'sleep-after') call.process.sleep(fault.ms);
          if (course.dies === 'after') call.process.die();
          const lost = !course.answers || course.thereMs + course.backMs > requestTimeoutMs;
          const answer = lost && call.server === 'qdrant' ? Math.max(course.backMs, requestTimeoutMs - course.thereMs) : course.backMs;
          call.process.resume(answer, () => {
            if (course.arrives && lost) hooks.tell(call, 'loses its reply');
            if (lost || effect === null) reject(unreachable(call));
            else resolve(effect);
          });
        });
      });
    },
  };

  function courseOf(fault: Fault | null): Course {
    const usual: Course = { thereMs: random.between(1, 6), backMs: random.between(1, 4), arrives: true, answers: true, dies: null };
    if (fault === null) return usual;
    switch (fault.kind) {
      case 'slow':
        return { ...usual, thereMs: Math.min(fault.ms, requestTimeoutMs - 10) };
      case 'fail':
        return { ...usual, arrives: false };
      case 'lose-reply':
        return { ...usual, answers: false };
      case 'crash-before':
        return { ...usual, arrives: false, dies: 'before' };
      case 'crash-after':
        return { ...usual, dies: 'after' };
      case 'sleep-before':
        return { ...usual, thereMs: fault.ms + usual.thereMs, backMs: usual.backMs };
      default:
        return usual;
    }
  }
}

const codes = {
  qdrant: 'qdrant-unreachable',
  redis: 'redis-unreachable',
  provider: 'provider-unreachable',
  hook: 'freeze-failed',
} as const;

function unreachable({ server, port, method }: Call): ReembedError {
  return new ReembedError(codes[server], `${port}.${method} was not answered`);
}
