import type { FakeMemory } from '@reembed/testkit/fakes/fake-memory';
import type { SimProcess } from '../engine/process.ts';
import type { Random } from '../engine/random.ts';
import type { Scheduler } from '../engine/scheduler.ts';

/** How a handler may end a job; the queue's own word for it, as in packages/queue. */
export type Outcome = 'done' | 'interrupted' | { readonly again: number };

type Job<Data> = { readonly id: string; readonly data: Data; dueAt: number; token: string | null };

export type Consumer<Data> = {
  readonly process: SimProcess;
  readonly slots: number;
  /** Carries out what a job's end does to the queue: a call of Redis, which may fail. */
  readonly settle: (act: () => void) => Promise<void>;
  /** `stop`: of this job alone; whoever handles it may stop it, too. */
  readonly handle: (data: Data, stop: AbortController) => Promise<Outcome>;
};

/** A queue of BullMQ's kind: a job has one holder, whose lock lapses when it sleeps or dies; then others take it up. */
export type JobQueue<Data> = {
  add(id: string, data: Data): void;
  /** Jobs not finished yet that fit. */
  count(fits: (data: Data) => boolean): number;
  remove(fits: (data: Data) => boolean): void;
  serve(consumer: Consumer<Data>): void;
  /** Locks of a process that sleeps or has died lapse; one that wakes finds out, a while later. */
  lapse(process: SimProcess): void;
  findOut(process: SimProcess): void;
  /** The memory was replaced: handlers and jobs may not know each other any more. */
  restored(): void;
};

export type JobQueueOptions = {
  readonly memory: FakeMemory;
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** How long a lock lasts without its holder. */
  readonly lockMs: number;
};

type Running = { readonly process: SimProcess; readonly jobId: string; readonly stop: AbortController };

export function createJobQueue<Data>({ memory, name, scheduler, random, lockMs }: JobQueueOptions): JobQueue<Data> {
  const jobs = memory.map<Job<Data>>(name);
  const running = new Map<string, Running>();
  let consumers: Consumer<Data>[] = [];
  let tokens = 0;
  const pump = (afterMs = random.between(1, 4)) => scheduler.after(afterMs, take, 'wakes');

  function take(): void {
    consumers = consumers.filter(({ process }) => process.state() !== 'dead');
    for (const job of [...jobs.values()]) {
      if (job.token !== null || job.dueAt > scheduler.now()) continue;
      const free = consumers.filter(({ process, slots }) => process.state() === 'up' && busy(process) < slots);
      if (free.length === 0) return;
      start(job, random.pick(free));
    }
  }

  const busy = (process: SimProcess) => [...running.values()].filter((one) => one.process === process).length;

  function start(job: Job<Data>, consumer: Consumer<Data>): void {
    const token = `${name} ${++tokens}`;
    job.token = token;
    const stop = new AbortController();
    running.set(token, { process: consumer.process, jobId: job.id, stop });
    void consumer
      .handle(job.data, stop)
      .then((outcome) => consumer.settle(() => settle(job.id, token, outcome)))
      .catch(() => undefined)
      .finally(() => {
        running.delete(token);
        // Not settled, or a memory that came back older holds it again.
        if (jobs.get(job.id)?.token === token) lapseSoon(token, job.id);
        pump();
      });
  }

  function settle(id: string, token: string, outcome: Outcome): void {
    const job = jobs.get(id);
    if (job?.token !== token) return;
    if (outcome === 'done') {
      jobs.delete(id);
      return;
    }
    job.token = null;
    job.dueAt = scheduler.now() + (outcome === 'interrupted' ? 0 : Math.max(0, outcome.again));
    pump(job.dueAt - scheduler.now());
  }

  function lapseSoon(token: string, id: string): void {
    scheduler.after(lockMs, () => {
      const job = jobs.get(id);
      const holder = running.get(token);
      // Awake again in time, a holder has renewed its lock.
      if (job?.token !== token || holder?.process.state() === 'up') return;
      job.token = null;
      pump();
    });
  }

  const stillHolds = (token: string, { jobId }: Running) => jobs.get(jobId)?.token === token;

  return {
    add(id, data) {
      if (jobs.has(id)) return;
      jobs.set(id, { id, data, dueAt: scheduler.now(), token: null });
      pump();
    },
    count: (fits) => [...jobs.values()].filter(({ data }) => fits(data)).length,
    remove(fits) {
      for (const [id, { data }] of [...jobs]) if (fits(data)) jobs.delete(id);
    },
    serve(consumer) {
      consumers.push(consumer);
      pump();
    },
    lapse(process) {
      for (const [token, one] of running) if (one.process === process) lapseSoon(token, one.jobId);
      if (process.state() === 'dead') for (const [token, one] of [...running]) if (one.process === process) running.delete(token);
    },
    findOut(process) {
      pump();
      for (const [token, one] of running) {
        if (one.process !== process || stillHolds(token, one)) continue;
        process.resume(random.between(0, lockMs / 2), () => one.stop.abort(new Error('the lock of this job was lost')));
      }
    },
    restored() {
      for (const job of jobs.values()) {
        if (job.token === null) pump(job.dueAt - scheduler.now());
        else if (running.get(job.token)?.jobId !== job.id) lapseSoon(job.token, job.id);
      }
      for (const [token, one] of running) {
        if (stillHolds(token, one)) continue;
        one.process.resume(random.between(0, lockMs / 2), () => one.stop.abort(new Error('the lock of this job was lost')));
      }
    },
  };
}
