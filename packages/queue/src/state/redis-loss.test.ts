import type { MigrationEvent } from '@reembed/contracts';
import { buildMigration, startTestRedis } from '@reembed/testkit';
import { describe, expect, it, vi } from 'vitest';
import { createState } from '../create-state.ts';
import { createRangeConsumers } from '../jobs/range-consumers.ts';
import { createRangeQueue } from '../jobs/range-queue.ts';
import { connectRedis } from '../redis/connect-redis.ts';

const soon = { timeout: 50_000, interval: 10 };

async function ownState(options: { aof?: boolean; patienceMs?: number } = {}) {
  const server = await startTestRedis({ own: true, aof: options.aof ?? false });
  const redis = await connectRedis({ url: server.url, patienceMs: options.patienceMs ?? 10_000 });
  return {
    server,
    redis,
    state: createState({ redis, prefix: server.prefix }),
    async [Symbol.asyncDispose]() {
      await redis.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('a Redis that was emptied', () => {
  it('is noticed by the register of writers, also when it is opened anew', async () => {
    await using own = await ownState();
    const { writers } = own.state;
    await writers.open('m1', 1);
    await writers.enter('m1', 1, 'a');
    await own.server.flushAll();
    expect(await writers.enter('m1', 1, 'b')).toBe(false);
    expect(await writers.close('m1', 1)).toBeNull();
  });

  it('is another fleet', async () => {
    await using own = await ownState();
    const before = await own.state.fleet.id();
    await own.server.flushAll();
    expect(await own.state.fleet.id()).not.toBe(before);
    // Who saw it before knows it again; who did not, does not.
    expect(await own.state.fleet.isOurs(before)).toBe(true);
    expect(await createState({ redis: own.redis, prefix: own.server.prefix }).fleet.isOurs(before)).toBe(false);
  });
});

describe('a Redis that was restarted', () => {
  it('makes the register of writers unsure, because it may have forgotten the last of them', async () => {
    await using own = await ownState({ aof: true });
    const { writers } = own.state;
    for (const epoch of [1, 2, 3]) await writers.open('m1', epoch);
    await writers.enter('m1', 1, 'a');
    await own.server.restart();
    expect(await writers.enter('m1', 2, 'b')).toBe(true);
    expect(await writers.close('m1', 1)).toBeNull();
    expect(await writers.close('m1', 2)).toBeNull();
    await writers.open('m1', 4);
    expect(await writers.close('m1', 4)).toBe(0);
  });

  it('keeps documents, and requests under way wait for it', async () => {
    await using own = await ownState({ aof: true });
    const migration = buildMigration();
    await own.state.migrations.insert(migration);
    const restarted = own.server.restart();
    const updates = Array.from({ length: 10 }, () =>
      own.state.migrations.update(migration.id, (now) => ({ ...now, lastPassNumber: now.lastPassNumber + 1 })),
    );
    await Promise.all([restarted, ...updates]);
    expect((await own.state.migrations.load(migration.id))?.lastPassNumber).toBe(10);
  });

  it('sends followers of events on where they were', async () => {
    await using own = await ownState({ aof: true });
    const { events } = own.state;
    const note = (message: string): MigrationEvent => ({ type: 'note', at: '2026-01-01T00:00:00.000Z', message });
    const stop = new AbortController();
    const seen: MigrationEvent[] = [];
    const following = (async () => {
      for await (const { event } of events.follow('m1', null, stop.signal)) seen.push(event);
    })();
    await events.publish('m1', note('before'));
    await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
    await own.server.restart();
    await events.publish('m1', note('after'));
    await vi.waitFor(() => expect(seen).toEqual([note('before'), note('after')]), soon);
    stop.abort();
    await following;
  });

  it('gets every job done, none twice at a time, without a restart of workers', async () => {
    await using own = await ownState({ aof: true });
    const { redis, server, state } = own;
    const queue = createRangeQueue({ redis, prefix: server.prefix });
    const seqs = Array.from({ length: 60 }, (_, seq) => seq);
    const ranges = seqs.map((seq) => ({ seq, start: null, end: null }));
    await state.ranges.append('m1', 0, ranges, { cursor: null, done: true });
    const consumer = await createRangeConsumers({
      redis,
      prefix: server.prefix,
      concurrency: 2,
      lockDurationMs: 1_000,
      stalledIntervalMs: 1_000,
      streamsOf: async () => 2,
      handler: async ({ migrationId, pass, seq }) => {
        const holder = crypto.randomUUID();
        if ((await state.ranges.claim(migrationId, pass, seq, holder)) !== null) {
          await state.ranges.finish(migrationId, pass, seq, holder, { points: 1 });
        }
        return 'done';
      },
    });
    await queue.announce('m1');
    await queue.enqueue(seqs.map((seq) => ({ migrationId: 'm1', pass: 1, seq })));
    await vi.waitFor(async () => expect((await state.ranges.summary('m1', 1)).done).toBeGreaterThan(5), soon);
    await server.restart();
    await vi.waitFor(async () => expect([await queue.pending('m1'), (await state.ranges.summary('m1', 1)).done]).toEqual([0, 60]), soon);
    expect((await state.ranges.summary('m1', 1)).points).toBe(60);
    expect(await consumer.stop(30_000)).toBe(true);
  });
});

describe('a Redis that is gone', () => {
  it('fails requests with redis-unreachable once their patience ends', async () => {
    await using own = await ownState({ patienceMs: 200 });
    await own.server.kill();
    await expect(own.state.migrations.load('m1')).rejects.toMatchObject({ code: 'redis-unreachable', retry: 'later' });
    await expect(own.state.ranges.finish('m1', 1, 0, 'a', { points: 1 })).rejects.toMatchObject({ code: 'redis-unreachable' });
  });

  it('is said at once where nothing listens, without the password', async () => {
    const connecting = connectRedis({ url: 'redis://user:secret@127.0.0.1:1', connectTimeoutMs: 500 });
    await expect(connecting).rejects.toMatchObject({ code: 'redis-unreachable', message: expect.stringContaining('127.0.0.1:1') });
    await expect(connecting).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
  });
});
