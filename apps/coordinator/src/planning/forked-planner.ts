import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorCode } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import type { Metrics } from '@reembed/process/metrics';
import type { Logger } from 'pino';
import { endInWords } from '../processes/start-process.ts';
import type { Planner, RelayedAnswer, RelayedRequest } from './planner.ts';
import type { PlanningData } from './start-planning-process.ts';

/** What the process is told: first what it works with, in the end that it ends. */
export type ToPlanning =
  | { readonly begin: PlanningData }
  | { readonly id: number; readonly request: RelayedRequest }
  | { readonly ends: true };

type Observe = Metrics['observe'];

/** What the process tells: an answer, that it could not start, how long a request of its own took, or that it is not stuck. */
export type FromPlanning =
  | { readonly id: number; readonly answer: RelayedAnswer }
  | { readonly code: ErrorCode; readonly message: string }
  | { readonly observed: Parameters<Observe> }
  | { readonly beats: true };

/** How often it says that it is not stuck, in ms. */
export const beatMs = 1_000;

/** A process that is not heard of for so long, in ms, is ended: what it works on is longer than anything that is let in takes. */
const mostSilentMs = 60_000;

/** Requests that are with it at once: most wait for Qdrant or a model. Each may have 32 MB of body. */
const mostAtOnce = 16;

/** How long one that was told to end may take, in ms. */
const lastMs = 3_000;

type Waiting = { resolve(answer: RelayedAnswer): void; reject(error: Error): void };
type Planning = { readonly child: ChildProcess; readonly waiting: Map<number, Waiting>; heardAt: number };

/**
 * A planner in a process that starts with the first request. One that dies, of its heap for example, or is stuck, fails what it held, and the next
 * request starts another: submitting the same spec again answers with the migration where there is one already.
 */
export function createForkedPlanner(
  start: () => ChildProcess,
  { log, metrics }: { readonly log: Logger; readonly metrics: Pick<Metrics, 'observe'> },
  limits = { mostAtOnce, mostSilentMs, lastMs },
): Planner {
  let planning: Planning | null = null;
  let nextId = 0;

  const begin = (): Planning => {
    const begun: Planning = { child: start(), waiting: new Map(), heardAt: performance.now() };
    let why: string | null = null;
    let startFailure: ReembedError | null = null;
    const watch = setInterval(() => {
      if (begun.waiting.size === 0 || performance.now() - begun.heardAt < limits.mostSilentMs) return;
      why = `it stood still for ${limits.mostSilentMs / 1_000} s`;
      begun.child.kill('SIGKILL');
    }, beatMs).unref();
    begun.child
      .on('message', (told: FromPlanning) => {
        begun.heardAt = performance.now();
        if ('beats' in told) return;
        if ('observed' in told) metrics.observe(...told.observed);
        else if ('code' in told) {
          startFailure = new ReembedError(told.code, told.message);
          begun.child.kill('SIGKILL');
        } else {
          begun.waiting.get(told.id)?.resolve(told.answer);
          begun.waiting.delete(told.id);
        }
      })
      .on('error', (error) => {
        why ??= error.message;
      })
      .once('exit', (code, signal) => {
        clearInterval(watch);
        if (planning === begun) planning = null;
        if (begun.waiting.size === 0) return;
        why ??= endInWords(code, signal);
        log.error({ error: why, requests: begun.waiting.size }, 'the process that plans ended while it worked');
        for (const { reject } of begun.waiting.values()) reject(startFailure ?? stopped(why));
      });
    return begun;
  };

  return {
    answer(request) {
      planning ??= begin();
      const { child, waiting } = planning;
      if (waiting.size >= limits.mostAtOnce)
        return Promise.reject(
          new ReembedError('planning-stopped', `${waiting.size} specs are being read and planned: ask again when one of them is done`),
        );
      // Whoever has waited for nobody has not been silent.
      if (waiting.size === 0) planning.heardAt = performance.now();
      const id = nextId++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        // Of one that has ended meanwhile its end is heard.
        child.send({ id, request } satisfies ToPlanning, () => undefined);
      });
    },
    async stop() {
      // One that could not be started has no end.
      if (planning?.child.pid === undefined) return;
      const { child } = planning;
      const ended = once(child, 'exit');
      child.send({ ends: true } satisfies ToPlanning, () => undefined);
      await Promise.race([ended, sleep(limits.lastMs, undefined, { ref: false })]);
      child.kill('SIGKILL');
      // Whoever stops the coordinator finds nothing of it left.
      await ended;
    },
  };
}

function stopped(why: string): ReembedError {
  return new ReembedError(
    'planning-stopped',
    `what reads and plans specs ended while this one was with it (${why}); it starts again with the next request: the same spec may be sent again, and a smaller one fits`,
  );
}
