import { expect, test } from 'vitest';
import { type Child, type Ending, keepRunning } from './child.ts';

/** Children that end when told to. */
function fakeChildren() {
  const ends: ((ending: Ending) => void)[] = [];
  const asked: (string | null)[] = [];
  const start = async (before: string | null): Promise<Child> => {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    asked.push(before);
    ends.push(resolve);
    return {
      name: 'worker 1',
      ready: `ready ${ends.length}`,
      pid: ends.length,
      ended: promise,
      stop: async () => resolve({ how: 'as asked', code: null }),
    };
  };
  return { start, asked, end: (how: string, code: Ending['code'] = null) => ends.at(-1)?.({ how, code }) };
}

test('a child that dies is told of and started again, with what the first one said', async () => {
  const children = fakeChildren();
  const told = Promise.withResolvers<string>();
  const kept = await keepRunning(children.start, told.resolve, { restartMs: 0 });
  children.end('by SIGKILL');
  expect(await told.promise).toContain('worker 1 ended by SIGKILL');
  await expect.poll(() => kept.pid()).toBe(2);
  expect(children.asked).toEqual([null, 'ready 1']);
  await kept.stop();
});

test('one that dies again and again is lost', async () => {
  const children = fakeChildren();
  const kept = await keepRunning(children.start, () => {}, { restartMs: 0 });
  for (let pid = 1; pid <= 5; pid++) {
    await expect.poll(() => kept.pid()).toBe(pid);
    children.end('with exit code 1');
  }
  await expect(kept.lost).rejects.toThrow(/worker 1 died 5 times within 10 minutes, the last time with exit code 1/);
});

test('the error that it dies by again and again is the one that is told, under its own code', async () => {
  const children = fakeChildren();
  const kept = await keepRunning(children.start, () => {}, { restartMs: 0 });
  for (let pid = 1; pid <= 5; pid++) {
    await expect.poll(() => kept.pid()).toBe(pid);
    children.end('with exit code 8: Redis does not answer', 'redis-unreachable');
  }
  await expect(kept.lost).rejects.toMatchObject({ code: 'redis-unreachable', message: expect.stringContaining('Redis does not answer') });
});

test('deaths that lie far apart are no reason to give up', async () => {
  const children = fakeChildren();
  let now = 0;
  const kept = await keepRunning(children.start, () => {}, { restartMs: 0, now: () => now });
  for (let pid = 1; pid <= 8; pid++) {
    await expect.poll(() => kept.pid()).toBe(pid);
    now += 3 * 60_000;
    children.end('by SIGKILL');
  }
  await expect.poll(() => kept.pid()).toBe(9);
  await kept.stop();
});

test('one that is stopped is not started again', async () => {
  const children = fakeChildren();
  const kept = await keepRunning(children.start, () => {}, { restartMs: 0 });
  await kept.stop();
  expect(children.asked).toEqual([null]);
});
