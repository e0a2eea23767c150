import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RangeJob } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createState } from '../create-state.ts';
import { silentLog } from '../redis/log.ts';
import { openTestRedis } from '../test-redis.fixture.ts';
import type { Consumer } from './consumer.ts';
import { createRangeConsumers, type RangeConsumersOptions } from './range-consumers.ts';
import { createRangeQueue } from './range-queue.ts';
import type { Outcome } from './settle-job.ts';

/** A worker that fetches is woken by Redis; only a test that fails waits this long. */
const soon = { timeout: 50_000, interval: 5 };
const { server, redis } = await openTestRedis();
let consumers: Consumer[] = [];
let count = 0;
let removed = 0;

afterEach(async () => {
  await Promise.all(consumers.map((consumer) => consumer.stop(30_000)));
  consumers = [];
  // Also of a test that failed, so that the next one has its fleet to itself.
  for (; removed < count; removed++) await queue().remove(`m${removed + 1}`);
});

const newMigration = () => `m${++count}`;
const queue = () => createRangeQueue({ redis, prefix: server.prefix });
const jobs = (migrationId: string, seqs: readonly number[]) => seqs.map((seq) => ({ migrationId, pass: 1, seq }));

const doneAfter = (_: unknown): Outcome => 'done';

async function consume(options: Partial<RangeConsumersOptions> & Pick<RangeConsumersOptions, 'handler'>): Promise<Consumer> {
  const locks = { lockDurationMs: 1_000, stalledIntervalMs: 1_000 };
  const consumer = await createRangeConsumers({
    ...locks,
    redis,
    prefix: server.prefix,
    concurrency: 4,
    streamsOf: async () => 4,
    ...options,
  });
  consumers.push(consumer);
  return consumer;
}

describe('range consumers', () => {
  it('serve all but the migration whose document cannot be read, and that one too once it can', async () => {
    const served: string[] = [];
    const [bad, good] = [newMigration(), newMigration()];
    let damaged = true;
    await consume({
      lookEveryMs: 20,
      streamsOf: async (id) => {
        if (id === bad && damaged) throw new ReembedError('document-damaged', 'it cannot be read');
        return 1;
      },
      handler: async ({ migrationId }) => {
        served.push(migrationId);
        return 'done';
      },
    });
    for (const id of [bad, good]) {
      await queue().announce(id);
      await queue().enqueue(jobs(id, [0]));
    }
    await vi.waitFor(() => expect(served).toEqual([good]), soon);
    damaged = false;
    await vi.waitFor(() => expect(served).toEqual([good, bad]), soon);
  });

  it('serve the queues of all announced migrations, and leave nothing behind', async () => {
    const done: string[] = [];
    await consume({
      handler: async ({ migrationId, seq }) => {
        done.push(`${migrationId}-${seq}`);
        return 'done';
      },
    });
    const [one, two] = [newMigration(), newMigration()];
    for (const id of [one, two]) {
      await queue().announce(id);
      await queue().enqueue(jobs(id, [0, 1, 2]));
    }
    await vi.waitFor(() => expect(done).toHaveLength(6), soon);
    await vi.waitFor(async () => expect(await queue().pending(one)).toBe(0), soon);
    for (const id of [one, two]) await queue().remove(id);
    const keys = await redis.requests.keys(`${server.prefix}*`);
    expect(keys.filter((key) => key.includes(`ranges-${one}`))).toEqual([]);
  });

  it('find a queue that was there before them', async () => {
    const id = newMigration();
    await queue().announce(id);
    await queue().enqueue(jobs(id, [0]));
    const done: number[] = [];
    await consume({ handler: async ({ seq }) => doneAfter(done.push(seq)) });
    await vi.waitFor(() => expect(done).toEqual([0]), soon);
  });

  it('take a job that is queued twice once', async () => {
    const id = newMigration();
    await queue().announce(id);
    await queue().enqueue(jobs(id, [0, 0, 1]));
    await queue().enqueue(jobs(id, [1]));
    expect(await queue().pending(id)).toBe(2);
    await queue().remove(id);
    expect(await queue().pending(id)).toBe(0);
  });

  it('bring a job again after the time it asked for', async () => {
    const id = newMigration();
    const times: number[] = [];
    await consume({
      handler: async () => {
        times.push(performance.now());
        return times.length < 3 ? { again: 100 } : 'done';
      },
    });
    await queue().announce(id);
    await queue().enqueue(jobs(id, [0]));
    await vi.waitFor(async () => expect([times.length, await queue().pending(id)]).toEqual([3, 0]), soon);
    const [first = 0, second = 0] = times;
    expect(second - first).toBeGreaterThanOrEqual(99);
  });

  it('never run more at once than allowed, over all queues and in each', async () => {
    const running = new Map<string, number>();
    let most = 0;
    let mostOfOne = 0;
    let ended = 0;
    const step = (id: string, by: number) => running.set(id, (running.get(id) ?? 0) + by);
    await consume({
      concurrency: 3,
      streamsOf: async () => 2,
      handler: async ({ migrationId }, signal) => {
        step(migrationId, 1);
        most = Math.max(
          most,
          [...running.values()].reduce((sum, n) => sum + n, 0),
        );
        mostOfOne = Math.max(mostOfOne, running.get(migrationId) ?? 0);
        await redis.requests.ping();
        await redis.requests.ping();
        step(migrationId, -1);
        ended++;
        return signal.aborted ? 'interrupted' : 'done';
      },
    });
    // One goes on alone at the end, when there is room for more than one of its ranges.
    const lengths = [60, 10, 10, 10];
    const migrations = lengths.map(newMigration);
    for (const [at, id] of migrations.entries()) {
      await queue().announce(id);
      await queue().enqueue(jobs(id, [...Array(lengths[at]).keys()]));
    }
    await vi.waitFor(() => expect(ended).toBeGreaterThanOrEqual(90), soon);
    expect(most).toBe(3);
    expect(mostOfOne).toBe(2);
    for (const id of migrations) await queue().remove(id);
  });

  it('give a migration as many slots as it says by now, from the next range on', async () => {
    const id = newMigration();
    let streams = 1;
    const running = new Set<number>();
    const three = Promise.withResolvers<void>();
    await consume({
      streamsOf: async () => streams,
      handler: async ({ seq }) => {
        if (seq === 0) {
          streams = 3;
          return 'done';
        }
        if (running.add(seq).size === 3) three.resolve();
        await three.promise;
        return 'done';
      },
    });
    await queue().announce(id);
    await queue().enqueue(jobs(id, [0]));
    await vi.waitFor(async () => expect(await queue().pending(id)).toBe(0), soon);
    await queue().announce(id);
    await queue().enqueue(jobs(id, [1, 2, 3]));
    await vi.waitFor(async () => expect(await queue().pending(id)).toBe(0), soon);
    await queue().remove(id);
  });

  it('hand back what they hold when stopped, so that another takes it at once', async () => {
    const id = newMigration();
    const taken: string[] = [];
    const holding = Promise.withResolvers<void>();
    const first = await consume({
      lockDurationMs: 60_000,
      stalledIntervalMs: 60_000,
      handler: async (_, signal) => {
        taken.push('first');
        holding.resolve();
        await once(signal, 'abort');
        return 'interrupted';
      },
    });
    await queue().announce(id);
    await queue().enqueue(jobs(id, [0]));
    await holding.promise;
    expect(await first.stop(30_000)).toBe(true);
    expect(await queue().pending(id)).toBe(1);
    await consume({ handler: async () => doneAfter(taken.push('second')) });
    await vi.waitFor(async () => expect([taken, await queue().pending(id)]).toEqual([['first', 'second'], 0]), soon);
  });

  it('hand a job back too when its handler throws as it is stopped', async () => {
    const id = newMigration();
    const holding = Promise.withResolvers<void>();
    const first = await consume({
      handler: async (_, signal) => {
        holding.resolve();
        await once(signal, 'abort');
        throw signal.reason;
      },
    });
    await queue().announce(id);
    await queue().enqueue(jobs(id, [0]));
    await holding.promise;
    expect(await first.stop(30_000)).toBe(true);
    expect(await queue().pending(id)).toBe(1);
    await queue().remove(id);
  });

  it('do not wait longer than the grace for a handler that does not listen', async () => {
    const id = newMigration();
    const holding = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const consumer = await consume({
      handler: async () => {
        holding.resolve();
        await released.promise;
        return 'done';
      },
    });
    await queue().announce(id);
    await queue().enqueue(jobs(id, [0]));
    await holding.promise;
    expect(await consumer.stop(50)).toBe(false);
    released.resolve();
  });

  it('keep a job whose handler throws: a defect is no end', async () => {
    const id = newMigration();
    const threw = Promise.withResolvers<string>();
    const log = { debug() {}, info() {}, warn() {}, error: (_: object, message: string) => threw.resolve(message) };
    await consume({
      log,
      handler: async () => {
        throw new TypeError('a defect');
      },
    });
    await queue().announce(id);
    await queue().enqueue(jobs(id, [0]));
    expect(await threw.promise).toContain('again in 5 s');
    expect(await queue().pending(id)).toBe(1);
    await queue().remove(id);
  });

  it('abort the work on a queue that is removed', async () => {
    const id = newMigration();
    const holding = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<void>();
    await consume({
      handler: async (_, signal) => {
        holding.resolve();
        await once(signal, 'abort');
        aborted.resolve();
        return 'interrupted';
      },
    });
    await queue().announce(id);
    await queue().enqueue(jobs(id, [0]));
    await holding.promise;
    await queue().remove(id);
    await aborted.promise;
    expect(await queue().pending(id)).toBe(0);
  });

  it('abort the signal of a job whose lock was lost', async () => {
    const id = newMigration();
    const holding = Promise.withResolvers<void>();
    const reason = Promise.withResolvers<unknown>();
    await consume({
      handler: async (_, signal) => {
        holding.resolve();
        if (!signal.aborted) await once(signal, 'abort');
        reason.resolve(signal.reason);
        return 'interrupted';
      },
    });
    await queue().announce(id);
    await queue().enqueue(jobs(id, [0]));
    await holding.promise;
    await redis.requests.set(`${server.prefix}:bull:ranges-${id}:${id}-1-0:lock`, 'another');
    expect(String(await reason.promise)).toContain('lock');
    await queue().remove(id);
  });
});

describe('a worker that is killed', () => {
  it('loses its range to another, from its checkpoint on and without an attempt', async () => {
    const id = newMigration();
    const { ranges } = createState({ redis, prefix: server.prefix });
    await ranges.append(id, 0, [{ seq: 0, start: null, end: null }], { cursor: null, done: true });
    await queue().announce(id);
    await queue().enqueue(jobs(id, [0]));
    const child = fork(fileURLToPath(new URL('./range-consumer.fixture.ts', import.meta.url)), [server.url, server.prefix]);
    expect((await once(child, 'message'))[0]).toEqual({ holding: 0 });
    await killed(child);
    expect((await ranges.summary(id, 1)).points).toBe(5);
    // It gave a sign of life a minute ago, and may be computing; three minutes ago, and nobody holds its job.
    const heard = async (minutesAgo: number) => {
      await redis.requests.zadd(`${server.prefix}:workers`, Date.now() - minutesAgo * 60_000, 'the killed one');
      return [await queue().active(id), await queue().pending(id)];
    };
    expect(await heard(1)).toEqual([1, 1]);
    expect(await heard(3)).toEqual([0, 1]);

    const seen: (RangeJob & { record: unknown })[] = [];
    const told: string[] = [];
    await consume({
      log: { ...silentLog, info: (_, message) => told.push(message) },
      handler: async (job) => {
        seen.push({ ...job, record: await ranges.claim(id, 1, 0, 'the next one') });
        await ranges.finish(id, 1, 0, 'the next one', { points: 5 });
        return 'done';
      },
    });
    await vi.waitFor(async () => expect([seen.length, await queue().pending(id)]).toEqual([1, 0]), soon);
    expect(seen[0]?.record).toMatchObject({ next: { kind: 'integer', id: '5' }, points: 5, attempts: 0, takenOver: true });
    expect(await ranges.summary(id, 1)).toMatchObject({ done: 1, failed: 0, points: 10 });
    expect(told).toContain('a job was left behind by a worker that died; it is taken up again');
  });

  it('may die of it many times over', async () => {
    const id = newMigration();
    await queue().announce(id);
    await queue().enqueue(jobs(id, [0]));
    const jobKey = `${server.prefix}:bull:ranges-${id}:${id}-1-0`;
    await redis.requests.hset(jobKey, 'stc', 1_000);
    const child = fork(fileURLToPath(new URL('./range-consumer.fixture.ts', import.meta.url)), [server.url, server.prefix]);
    await once(child, 'message');
    await killed(child);
    const taken: number[] = [];
    await consume({ handler: async ({ seq }) => doneAfter(taken.push(seq)) });
    await vi.waitFor(() => expect(taken).toEqual([0]), soon);
  });
});

async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  expect((await gone)[1]).toBe('SIGKILL');
}
