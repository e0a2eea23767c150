import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import type { ErrorCode } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import type { Logger } from 'pino';
import type { Planner, RelayedAnswer, RelayedRequest } from './planner.ts';

/** What the thread is told; null: to end. */
export type ToThread = { readonly id: number; readonly request: RelayedRequest } | null;

/** What the thread tells: an answer, that it could not start, or with null that it is not stuck. */
export type FromThread =
  | { readonly id: number; readonly answer: RelayedAnswer }
  | { readonly code: ErrorCode; readonly message: string }
  | null;

/** How often a thread says that it is not stuck, in ms. */
export const beatMs = 1_000;

/** A thread that is not heard of for so long, in ms, is ended: what it works on is longer than anything that is let in takes. */
const mostSilentMs = 60_000;

/** Requests that are with the thread at once: most wait for Qdrant or a model. Each may have 32 MB of body. */
const mostAtOnce = 16;

const lastMs = 3_000;

type Waiting = { resolve(answer: RelayedAnswer): void; reject(error: Error): void };
type Thread = { readonly worker: Worker; readonly waiting: Map<number, Waiting>; heardAt: number };

/**
 * A planner in a thread that starts with the first request. A thread that dies, of its heap for example, or is stuck, fails what it held, and the next
 * request starts another: submitting the same spec again answers with the migration where there is one already.
 */
export function createThreadedPlanner(start: () => Worker, log: Logger, limits = { mostAtOnce, mostSilentMs }): Planner {
  let thread: Thread | null = null;
  let nextId = 0;

  const begin = (): Thread => {
    const begun: Thread = { worker: start(), waiting: new Map(), heardAt: performance.now() };
    let why: unknown = 'it ended';
    let startFailure: ReembedError | null = null;
    const watch = setInterval(() => {
      if (begun.waiting.size === 0 || performance.now() - begun.heardAt < limits.mostSilentMs) return;
      why = `it stood still for ${limits.mostSilentMs / 1_000} s`;
      void begun.worker.terminate();
    }, beatMs).unref();
    begun.worker
      .on('message', (told: FromThread) => {
        begun.heardAt = performance.now();
        if (told === null) return;
        if ('code' in told) startFailure = new ReembedError(told.code, told.message);
        else {
          begun.waiting.get(told.id)?.resolve(told.answer);
          begun.waiting.delete(told.id);
        }
      })
      .on('error', (error) => {
        why = error;
      })
      .once('exit', () => {
        clearInterval(watch);
        if (thread === begun) thread = null;
        if (begun.waiting.size === 0) return;
        log.error({ error: String(why), requests: begun.waiting.size }, 'the thread that plans ended while it worked');
        for (const { reject } of begun.waiting.values()) reject(startFailure ?? stopped(why));
      });
    return begun;
  };

  return {
    answer(request) {
      thread ??= begin();
      const { worker, waiting } = thread;
      if (waiting.size >= limits.mostAtOnce)
        return Promise.reject(
          new ReembedError('planning-stopped', `${waiting.size} specs are being read and planned: ask again when one of them is done`),
        );
      // Whoever has waited for nobody has not been silent.
      if (waiting.size === 0) thread.heardAt = performance.now();
      const id = nextId++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, request } satisfies ToThread);
      });
    },
    async stop() {
      if (thread === null) return;
      const { worker } = thread;
      const ended = once(worker, 'exit');
      worker.postMessage(null satisfies ToThread);
      await Promise.race([ended, sleep(lastMs, undefined, { ref: false })]);
      await worker.terminate();
    },
  };
}

function stopped(why: unknown): ReembedError {
  const reason = why instanceof Error && 'code' in why ? String(why.code) : String(why);
  return new ReembedError(
    'planning-stopped',
    `what reads and plans specs ended while this one was with it (${reason}); it starts again with the next request: the same spec may be sent again, and a smaller one fits`,
  );
}
