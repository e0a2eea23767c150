import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export type RunRequest = { readonly id: number; readonly texts: readonly (readonly number[])[] };
/** Ends the thread after the run it is at, without beginning what waits. */
export type StopRequest = { readonly stop: true };
export type RunReply =
  | { readonly id: number; readonly vectors: Float32Array }
  | { readonly id: number; readonly failure: string; readonly code?: string };

export type ModelPool = {
  /**
   * Runs the model over token ids on the thread with the least to do; no texts only load it. Rejects where the thread failed (with the
   * `code` it gave, if any), died, or the pool was closed.
   */
  run(texts: readonly (readonly number[])[]): Promise<Float32Array>;
  /** What is in hand is given back at once; resolves when the threads have ended, each after the run it was at. */
  close(): Promise<void>;
};

type Waiting = { resolve(vectors: Float32Array): void; reject(error: Error): void };
type Thread = { readonly worker: Worker; readonly waiting: Map<number, Waiting> };

export type ModelPoolOptions = {
  /** Threads with a copy of the model each. */
  readonly size: number;
  /** The module that a thread runs (serveRuns), and what it is told of the model. */
  readonly entry: URL;
  readonly workerData?: unknown;
};

/** Threads with the model inside, started at the first run. A thread that dies fails what it held, and the next run starts another. */
export function createModelPool({ size, entry, workerData }: ModelPoolOptions): ModelPool {
  const threads = new Set<Thread>();
  let nextId = 0;
  let closed = false;

  const pick = (): Thread => {
    const idlest = [...threads].sort((a, b) => a.waiting.size - b.waiting.size)[0];
    if (idlest && (idlest.waiting.size === 0 || threads.size >= size)) return idlest;
    const started = startThread(new Worker(entry, { workerData }), (thread) => threads.delete(thread));
    threads.add(started);
    return started;
  };

  return {
    run(texts) {
      if (closed) return Promise.reject(new Error('the model was closed'));
      const { worker, waiting } = pick();
      const id = nextId++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        // Held only while something is awaited: an idle model must not keep a process alive.
        worker.ref();
        worker.postMessage({ id, texts } satisfies RunRequest);
      });
    },
    async close() {
      closed = true;
      await Promise.all([...threads].map(stopThread));
    },
  };
}

function startThread(worker: Worker, onEnd: (thread: Thread) => void): Thread {
  const thread: Thread = { worker, waiting: new Map() };
  let cause: Error | undefined;
  worker.on('message', (reply: RunReply) => {
    // It ends itself; the next run starts another.
    if ('failure' in reply) {
      cause = failureOf(reply);
      onEnd(thread);
    }
    settle(thread, reply);
  });
  worker.on('error', (error) => {
    cause = error;
  });
  worker.on('exit', (code) => {
    onEnd(thread);
    rejectAll(thread, cause ?? new Error(`the model's thread ended with code ${code}`));
  });
  return thread;
}

async function stopThread(thread: Thread): Promise<void> {
  rejectAll(thread, new Error('the model was closed'));
  const ended = once(thread.worker, 'exit');
  thread.worker.ref();
  thread.worker.postMessage({ stop: true } satisfies StopRequest);
  await ended;
}

function rejectAll({ waiting }: Thread, cause: Error): void {
  for (const { reject } of waiting.values()) reject(cause);
  waiting.clear();
}

function settle({ worker, waiting }: Thread, reply: RunReply): void {
  const waiter = waiting.get(reply.id);
  // Nobody waits where the pool is closing; then the thread is waited for itself.
  if (waiter === undefined) return;
  waiting.delete(reply.id);
  if (waiting.size === 0) worker.unref();
  if ('vectors' in reply) waiter.resolve(reply.vectors);
  else waiter.reject(failureOf(reply));
}

function failureOf({ failure, code }: Extract<RunReply, { readonly failure: string }>): Error {
  return Object.assign(new Error(failure), { code });
}
