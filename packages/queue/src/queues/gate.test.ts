import { describe, expect, it } from 'vitest';
import { createGate } from './gate.ts';

const never = new AbortController().signal;

describe('a gate', () => {
  it('lets in as many as fit, and the next when one leaves, in the order they came', async () => {
    const gate = createGate(2);
    const entered: number[] = [];
    const leave = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
    const all = leave.map(({ promise }, n) =>
      gate.inside(never, () => {
        entered.push(n);
        return promise.then(() => n);
      }),
    );
    await Promise.resolve();
    expect(entered).toEqual([0, 1]);
    leave[1]?.resolve();
    await all[1];
    expect(entered).toEqual([0, 1, 2]);
    for (const { resolve } of leave) resolve();
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3]);
  });

  it('turns away who aborts while waiting, and lets the next one in', async () => {
    const gate = createGate(1);
    const busy = Promise.withResolvers<void>();
    const first = gate.inside(never, () => busy.promise);
    const stop = new AbortController();
    const second = gate.inside(stop.signal, async () => 'second');
    const third = gate.inside(never, async () => 'third');
    stop.abort();
    expect(await second).toBeNull();
    busy.resolve();
    await first;
    expect(await third).toBe('third');
  });

  it('lets the next one in after work that threw', async () => {
    const gate = createGate(1);
    const failed = gate.inside(never, () => Promise.reject(new Error('no')));
    await expect(failed).rejects.toThrow('no');
    expect(await gate.inside(never, async () => 1)).toBe(1);
  });
});
