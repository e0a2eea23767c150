import type { MigrationEvent } from '@reembed/contracts';
import type { Events, RateBudget, Standing, Writers } from '@reembed/core';
import { expect, it } from 'vitest';
import { newId } from '../builders/build-documents.ts';

export function writerPromises(of: () => Writers): void {
  it('lets nobody in before it is opened or after it is closed', async () => {
    const id = newId();
    expect(await of().enter(id, 1, 'a')).toBe(false);
    await of().open(id, 1);
    expect(await of().enter(id, 1, 'a')).toBe(true);
    expect(await of().enter(id, 2, 'a')).toBe(false);
    expect(await of().close(id, 1)).toBe(1);
    expect(await of().enter(id, 1, 'b')).toBe(false);
    await of().open(id, 1);
    expect(await of().enter(id, 1, 'b')).toBe(false);
  });

  it('counts who is still in, each once', async () => {
    const id = newId();
    await of().open(id, 1);
    for (const holder of ['a', 'b', 'b', 'c']) await of().enter(id, 1, holder);
    await of().leave(id, 1, 'c');
    await of().leave(id, 1, 'c');
    expect(await of().close(id, 1)).toBe(2);
    await of().leave(id, 1, 'a');
    expect(await of().close(id, 1)).toBe(1);
    await of().leave(id, 1, 'b');
    expect(await of().close(id, 1)).toBe(0);
  });

  it('says where there is no register', async () => {
    expect(await of().close(newId(), 1)).toBeNull();
  });
}

export function eventPromises(of: () => Events): void {
  const note = (message: string): MigrationEvent => ({ type: 'note', at: '2026-01-01T00:00:00.000Z', message });

  async function take(events: Events, id: string, after: string | null, count: number, publish: () => Promise<void> = async () => {}) {
    const stop = new AbortController();
    const following = events.follow(id, after, stop.signal);
    await publish();
    const taken: { id: string; event: MigrationEvent }[] = [];
    for await (const item of following) if (taken.push(item) === count) stop.abort();
    return taken;
  }

  it('sends what is published after following began', async () => {
    const id = newId();
    await of().publish(id, note('before'));
    const taken = await take(of(), id, null, 2, async () => {
      for (const text of ['one', 'two']) await of().publish(id, note(text));
    });
    expect(taken.map(({ event }) => event)).toEqual([note('one'), note('two')]);
  });

  it('goes on after the event a reader saw last', async () => {
    const id = newId();
    for (const text of ['one', 'two', 'three']) await of().publish(id, note(text));
    const [first] = await take(of(), id, '0', 1);
    expect(first?.event).toEqual(note('one'));
    const rest = await take(of(), id, first?.id ?? '', 2);
    expect(rest.map(({ event }) => event)).toEqual([note('two'), note('three')]);
  });

  it('ends when the signal aborts, also while it waits', async () => {
    const stop = new AbortController();
    const following = of().follow(newId(), null, stop.signal)[Symbol.asyncIterator]();
    const next = following.next();
    stop.abort();
    expect((await next).done).toBe(true);
  });
}

export function budgetPromises(of: () => RateBudget & Standing): void {
  const need = { inputs: 1, tokens: 10 };
  const never = new AbortController().signal;

  it('lets pass where nothing holds', async () => {
    await of().pass(newId(), need, never);
  });

  it('lets nobody pass while it holds, and a shorter hold does not shorten a longer', async () => {
    const model = newId();
    const began = performance.now();
    await of().coolDown(model, 300, 'asked too much');
    await of().coolDown(model, 10, 'asked too much again');
    const passing = async () => (await of().pass(model, need, never)).end(true);
    await Promise.all([passing(), passing()]);
    // A clock of the store may count whole milliseconds.
    expect(performance.now() - began).toBeGreaterThan(298);
  });

  it('stops waiting with the reason of the signal', async () => {
    const model = newId();
    await of().coolDown(model, 60_000, 'asked too much');
    const stop = new AbortController();
    const passing = of().pass(model, need, stop.signal);
    stop.abort(new Error('enough'));
    await expect(passing).rejects.toThrow('enough');
  });

  it('tells why it holds and for how long, until a word lifts it', async () => {
    const model = newId();
    expect(await of().held(model)).toBeNull();
    await of().coolDown(model, 60_000, 'asked too much');
    const held = await of().held(model);
    expect(held?.why).toBe('asked too much');
    expect(held?.leftMs).toBeGreaterThan(30_000);
    expect(held?.leftMs).toBeLessThanOrEqual(60_000);
    await of().lift(model);
    expect(await of().held(model)).toBeNull();
    await of().pass(model, need, never);
  });

  it('keeps what fits, by model', async () => {
    const model = newId();
    expect(await of().fits(model)).toEqual({});
    await of().learn(model, { inputs: 16 });
    await of().learn(model, { tokens: 4_000 });
    expect(await of().fits(model)).toEqual({ inputs: 16, tokens: 4_000 });
    expect(await of().fits(newId())).toEqual({});
  });

  it('tells whether others were under way', async () => {
    const model = newId();
    const [one, other] = [await of().pass(model, need, never), await of().pass(model, need, never)];
    expect(await of().crowded(model)).toBe(true);
    await Promise.all([one.end(false), other.end(false)]);
  });
}
