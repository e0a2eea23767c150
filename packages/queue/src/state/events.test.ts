import { expect, it, vi } from 'vitest';
import { createState } from '../create-state.ts';
import { keysOf } from '../redis/keys.ts';
import { openTestRedis } from '../test-redis.fixture.ts';
import type { Moved } from './events.ts';

const { server, redis } = await openTestRedis();

it('lets any number of readers follow without a connection more, and leaves out what is no event', async () => {
  const { events } = createState({ redis, prefix: server.prefix });
  const count = async () =>
    String(await redis.requests.client('LIST'))
      .trim()
      .split('\n').length;
  const stop = new AbortController();
  const note = (message: string) => ({ type: 'note' as const, at: '2026-01-01T00:00:00.000Z', message });
  const heard: string[] = [];
  const read = async (id: string) => {
    for await (const { event } of events.follow(id, '0', stop.signal)) if (event.type === 'note') heard.push(`${id} ${event.message}`);
  };
  const first = read('r0');
  await events.publish('r0', note('one'));
  await vi.waitFor(() => expect(heard).toEqual(['r0 one']), { timeout: 50_000 });
  const before = await count();
  const others = Array.from({ length: 20 }, (_, at) => read(`r${at % 3}`));
  await redis.requests.xadd(keysOf(server.prefix).events('r1'), '*', 'event', '{"type":');
  await redis.requests.xadd(keysOf(server.prefix).events('r1'), '*', 'event', '{"type":"of a later version"}');
  for (const id of ['r1', 'r2']) await events.publish(id, note('two'));
  await vi.waitFor(() => expect(heard).toHaveLength(1 + 20), { timeout: 50_000 });
  expect(new Set(heard)).toEqual(new Set(['r0 one', 'r1 two', 'r2 two']));
  expect(await count()).toBe(before);
  stop.abort();
  await Promise.all([first, ...others]);
});

it('tells everyone who listens that a migration has moved, until they stop listening', async () => {
  const { signals } = createState({ redis, prefix: server.prefix });
  const heard: [string, Moved][] = [];
  const stops = await Promise.all(['a', 'b'].map((name) => signals.onMoved((moved) => heard.push([name, moved]))));
  const moved: Moved = { id: 'm1', phase: 'pausing', epoch: 2 };
  await signals.moved(moved);
  await vi.waitFor(() => expect(heard).toHaveLength(2), { timeout: 50_000 });
  expect(heard).toEqual([
    ['a', moved],
    ['b', moved],
  ]);
  await stops[0]?.();
  await signals.moved(moved);
  await vi.waitFor(() => expect(heard).toHaveLength(3), { timeout: 50_000 });
  expect(heard[2]?.[0]).toBe('b');
});
