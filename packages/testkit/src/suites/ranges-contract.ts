import type { PointId, Range } from '@reembed/contracts';
import type { Ranges } from '@reembed/core';
import { expect, it } from 'vitest';
import { integerId as integer, newId } from '../builders/build-documents.ts';

const uuid = (hex: string): PointId => ({ kind: 'uuid', id: `${hex.repeat(8)}-0000-4000-8000-000000000000` });

/** Ranges of ten integer ids each, the last one open. */
export function tiling(count: number): Range[] {
  return Array.from({ length: count }, (_, seq) => ({
    seq,
    start: seq === 0 ? null : integer(seq * 10),
    end: seq === count - 1 ? null : integer((seq + 1) * 10),
  }));
}

export async function withRanges(ranges: Ranges, count: number): Promise<string> {
  const id = newId();
  await ranges.append(id, 0, tiling(count), { cursor: null, done: true });
  return id;
}

export function splitPromises(of: () => Ranges): void {
  it('starts with nothing', async () => {
    expect(await of().split('unknown')).toEqual({ nextSeq: 0, cursor: null, done: false });
    expect(await of().open('unknown', 1, 0, 10)).toEqual([]);
  });

  it('appends ranges and moves the cursor together', async () => {
    const id = newId();
    expect(await of().append(id, 0, tiling(3).slice(0, 2), { cursor: integer(20), done: false })).toBe(true);
    expect(await of().split(id)).toEqual({ nextSeq: 2, cursor: integer(20), done: false });
    expect(await of().append(id, 2, [{ seq: 2, start: integer(20), end: null }], { cursor: null, done: true })).toBe(true);
    expect(await of().split(id)).toEqual({ nextSeq: 3, cursor: null, done: true });
  });

  it('keeps which points are filled first, by their order, until the migration has ended', async () => {
    const [id, all] = [newId(), { start: null, end: null }];
    const [seven, ten, huge] = [integer(7), integer(10), integer('18446744073709551615')];
    expect(await of().hotWithin(id, all)).toBeNull();
    await of().keepHot(id, [uuid('b'), huge, ten, uuid('a'), seven]);
    expect(await of().hotWithin(id, all)).toEqual([seven, ten, huge, uuid('a'), uuid('b')]);
    expect(await of().hotWithin(id, { start: ten, end: uuid('b') })).toEqual([ten, huge, uuid('a')]);
    expect(await of().hotWithin(id, { start: null, end: ten })).toEqual([seven]);
    expect(await of().hotWithin(id, { start: uuid('c'), end: null })).toEqual([]);
    await of().keepHot(id, []);
    expect(await of().hotWithin(id, all)).toEqual([]);
    await of().shed(id);
    expect(await of().hotWithin(id, all)).toBeNull();
  });

  it('lets one of two splitters on', async () => {
    const id = newId();
    const append = () => of().append(id, 0, tiling(1), { cursor: null, done: true });
    expect((await Promise.all([append(), append()])).sort()).toEqual([false, true]);
    expect((await of().split(id)).nextSeq).toBe(1);
  });

  it.each([
    ['integers past 2^63', integer('9223372036854775809'), integer('18446744073709551615')],
    ['an integer and a UUID', integer(0), uuid('a')],
    ['UUIDs', uuid('0'), uuid('f')],
  ])('keeps bounds of %s', async (_, start, end) => {
    const id = newId();
    await of().append(id, 0, [{ seq: 0, start, end }], { cursor: end, done: false });
    expect(await of().claim(id, 1, 0, 'a')).toMatchObject({ start, end });
    expect((await of().split(id)).cursor).toEqual(end);
  });

  it('finds open ranges from a place on, without those that ended', async () => {
    const id = await withRanges(of(), 30);
    for (const seq of [0, 1, 8, 9, 17]) {
      await of().claim(id, 1, seq, 'a');
      if (seq === 9) await of().giveUp(id, 1, seq, 'a', { code: 'internal', message: 'no' });
      else await of().finish(id, 1, seq, 'a', { points: 1 });
    }
    await of().claim(id, 1, 2, 'a');
    expect(await of().open(id, 1, 0, 5)).toEqual([2, 3, 4, 5, 6]);
    expect(await of().open(id, 1, 7, 3)).toEqual([7, 10, 11]);
    expect(await of().open(id, 1, 17, 100)).toEqual([18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
    expect(await of().open(id, 2, 0, 3)).toEqual([0, 1, 2]);
  });

  it('tries again what was given up, each range from its checkpoint as one that is taken over, and forgets what was fatal', async () => {
    const id = await withRanges(of(), 3);
    const no = { code: 'internal', message: 'no' } as const;
    for (const seq of [0, 1, 2]) await of().claim(id, 1, seq, 'a');
    await of().finish(id, 1, 0, 'a', { points: 1 });
    await of().checkpoint(id, 1, 1, 'a', integer(14), { points: 4 });
    await of().noteAttempt(id, 1, 1, 'a');
    expect(await of().giveUp(id, 1, 1, 'a', no)).toBe(true);
    expect(await of().giveUp(id, 1, 1, 'a', no)).toBe(true);
    await of().reportFatal(id, 1, no);
    expect(await of().summary(id, 1)).toMatchObject({ done: 1, failed: 1, fatal: no });
    expect(await of().claim(id, 1, 1, 'b')).toBeNull();
    await of().tryAgain(id, 1);
    await of().tryAgain(id, 1);
    expect(await of().summary(id, 1)).toMatchObject({ done: 1, failed: 0, points: 5, fatal: null, failures: [] });
    expect(await of().open(id, 1, 0, 9)).toEqual([1, 2]);
    expect(await of().claim(id, 1, 1, 'b')).toMatchObject({ next: integer(14), attempts: 0, takenOver: true });
  });

  it('forgets passes, but not what was spent in them, nor those to keep, nor later ones', async () => {
    const id = await withRanges(of(), 2);
    for (const pass of [1, 2, 3, 4]) {
      await of().claim(id, pass, 0, 'a');
      await of().finish(id, pass, 0, 'a', { points: 1, texts: 2, tokens: 3, batchTokens: 1, kept: 5, hash: 'h' });
      await of().claim(id, pass, 1, 'a');
    }
    await of().forgetPasses(id, 3, [2]);
    expect(await of().summary(id, 1)).toMatchObject({ total: 2, done: 0, points: 0 });
    expect(await of().hashOf(id, 1, 0)).toBeNull();
    expect(await of().finish(id, 1, 1, 'a', { points: 1 })).toBe(false);
    expect(await of().finish(id, 2, 1, 'a', { points: 1 })).toBe(true);
    for (const kept of [2, 3, 4]) expect(await of().hashOf(id, kept, 0)).toBe('h');
    expect(await of().spent(id)).toEqual({ texts: 8, tokens: 12, batchTokens: 4, kept: 20 });
  });

  it('sheds what nobody needs of a migration that has ended: totals and lists stay, and no range is worked on any more', async () => {
    const id = await withRanges(of(), 2);
    const listed = [{ kind: 'missing', id: integer(7) }] as const;
    await of().claim(id, 1, 0, 'a');
    await of().finish(id, 1, 0, 'a', { points: 3, hash: 'h', findings: listed, listed });
    await of().claim(id, 1, 1, 'a');
    await of().shed(id);
    expect(await of().summary(id, 1)).toMatchObject({ total: 2, done: 1, points: 3, splitDone: true, findings: [{ count: 1 }] });
    expect(await of().listed(id, 1, 0, 10)).toEqual(listed);
    expect(await of().hashOf(id, 1, 0)).toBeNull();
    expect(await of().finish(id, 1, 1, 'a', { points: 1 })).toBe(false);
    expect(await of().claim(id, 2, 0, 'a')).toBeNull();
    await of().shed(id);
  });

  it('splits what was shed anew, where a Redis that came back older says that it goes on', async () => {
    const id = await withRanges(of(), 2);
    await of().shed(id);
    expect(await of().split(id)).toEqual({ nextSeq: 0, cursor: null, done: false });
    expect(await of().open(id, 2, 0, 10)).toEqual([]);
    const whole = { seq: 0, start: null, end: null };
    expect(await of().append(id, 2, [{ ...whole, seq: 2 }], { cursor: null, done: true })).toBe(false);
    expect(await of().append(id, 0, [whole], { cursor: null, done: true })).toBe(true);
    expect(await of().open(id, 2, 0, 10)).toEqual([0]);
    expect(await of().claim(id, 2, 0, 'a')).toMatchObject(whole);
    expect(await of().summary(id, 2)).toMatchObject({ total: 1, done: 0, splitDone: true });
  });
}

export function holderPromises(of: () => Ranges): void {
  it('hands out a fresh range at its start, and nothing for an unknown or ended one', async () => {
    const id = await withRanges(of(), 3);
    const fresh = { seq: 1, start: integer(10), end: integer(20), next: null, points: 0, attempts: 0, takenOver: false };
    expect(await of().claim(id, 1, 1, 'a')).toEqual(fresh);
    expect(await of().claim(id, 1, 3, 'a')).toBeNull();
    await of().finish(id, 1, 1, 'a', { points: 1 });
    expect(await of().claim(id, 1, 1, 'a')).toBeNull();
    expect(await of().claim(id, 2, 1, 'a')).toEqual(fresh);
  });

  it('lets a new holder go on where the last checkpoint stands, and tells it of the other', async () => {
    const id = await withRanges(of(), 1);
    await of().claim(id, 1, 0, 'a');
    await of().checkpoint(id, 1, 0, 'a', integer(4), { points: 4 });
    expect(await of().claim(id, 1, 0, 'b')).toMatchObject({ next: integer(4), points: 4, takenOver: true });
  });

  it('takes nothing from a holder that was replaced', async () => {
    const id = await withRanges(of(), 1);
    await of().claim(id, 1, 0, 'a');
    await of().claim(id, 1, 0, 'b');
    const found = [{ kind: 'missing' as const, id: integer(1) }];
    expect(await of().checkpoint(id, 1, 0, 'a', integer(4), { points: 4, texts: 4, tokens: 4, findings: found })).toBe(false);
    expect(await of().finish(id, 1, 0, 'a', { points: 4 })).toBe(false);
    expect(await of().giveUp(id, 1, 0, 'a', { code: 'internal', message: 'no' })).toBe(false);
    expect(await of().noteAttempt(id, 1, 0, 'a')).toBe(0);
    expect(await of().summary(id, 1)).toMatchObject({ done: 0, failed: 0, points: 0, findings: [], failures: [] });
    expect(await of().finish(id, 1, 0, 'b', { points: 5 })).toBe(true);
    expect((await of().summary(id, 1)).points).toBe(5);
  });

  it('counts a repeated checkpoint and a repeated finish once', async () => {
    const id = await withRanges(of(), 1);
    await of().claim(id, 1, 0, 'a');
    const delta = { points: 4, texts: 4, tokens: 40 };
    expect(await of().checkpoint(id, 1, 0, 'a', integer(4), delta)).toBe(true);
    expect(await of().checkpoint(id, 1, 0, 'a', integer(4), delta)).toBe(true);
    await of().finish(id, 1, 0, 'a', { points: 1 });
    await of().finish(id, 1, 0, 'a', { points: 1 });
    expect(await of().summary(id, 1)).toMatchObject({ done: 1, points: 5 });
    expect(await of().spent(id)).toEqual({ texts: 4, tokens: 40, batchTokens: 0, kept: 0 });
  });

  it('counts attempts over holders until a checkpoint', async () => {
    const id = await withRanges(of(), 1);
    await of().claim(id, 1, 0, 'a');
    expect(await of().noteAttempt(id, 1, 0, 'a')).toBe(1);
    expect(await of().claim(id, 1, 0, 'b')).toMatchObject({ attempts: 1 });
    expect(await of().noteAttempt(id, 1, 0, 'b')).toBe(2);
    await of().checkpoint(id, 1, 0, 'b', integer(2), { points: 2 });
    expect(await of().noteAttempt(id, 1, 0, 'b')).toBe(1);
  });

  it('gives every point to one of many holders that fight over a range', async () => {
    const id = await withRanges(of(), 1);
    const steps = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        await of().claim(id, 1, 0, `h${n}`);
        return of().finish(id, 1, 0, `h${n}`, { points: 10 });
      }),
    );
    expect(steps.filter(Boolean)).toHaveLength(1);
    expect(await of().summary(id, 1)).toMatchObject({ done: 1, points: 10 });
  });
}
