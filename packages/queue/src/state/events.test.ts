import { expect, it, vi } from 'vitest';
import { createState } from '../create-state.ts';
import { openTestRedis } from '../test-redis.fixture.ts';
import type { Moved } from './events.ts';

const { server, redis } = await openTestRedis();

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
