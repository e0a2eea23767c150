import type { PointId } from '@reembed/contracts';
import type { Ranges } from '@reembed/core';
import { expect, it } from 'vitest';
import { integerId as integer, newId } from '../builders/build-documents.ts';
import { withRanges } from './ranges-contract.ts';

const uuid = (hex: string): PointId => ({ kind: 'uuid', id: `${hex.repeat(8)}-0000-4000-8000-000000000000` });

export function dividePromises(of: () => Ranges): void {
  const bounds = async (id: string, pass: number) => {
    const { nextSeq } = await of().split(id);
    const claimed = await Promise.all(Array.from({ length: nextSeq }, (_, seq) => of().claim(id, pass, seq, 'reader')));
    return claimed.map((range) => [range?.start?.id ?? null, range?.end?.id ?? null]);
  };

  it('makes ranges that tile what was one, in one step with what was done of it', async () => {
    const id = await withRanges(of(), 3);
    await of().claim(id, 1, 1, 'a');
    await of().checkpoint(id, 1, 1, 'a', integer(12), { points: 2 });
    const division = { bounds: [integer(12), integer(15), integer(18)], done: 2 };
    expect(await of().divide(id, 1, 1, 'a', division, { points: 3, texts: 1, tokens: 2 })).toBe(true);
    expect(await of().split(id)).toEqual({ nextSeq: 6, cursor: null, done: true });
    expect(await of().open(id, 1, 0, 10)).toEqual([0, 2, 4, 5]);
    expect(await of().summary(id, 1)).toMatchObject({ total: 6, done: 2, points: 5 });
    expect(await of().spent(id)).toEqual({ texts: 1, tokens: 2, batchTokens: 0, kept: 0 });
    expect(await of().claim(id, 1, 4, 'b')).toMatchObject({
      start: integer(15),
      end: integer(18),
      next: null,
      points: 0,
      takenOver: false,
    });
    expect(await bounds(id, 2)).toEqual([
      [null, '10'],
      ['10', '12'],
      ['20', null],
      ['12', '15'],
      ['15', '18'],
      ['18', '20'],
    ]);
  });

  it('divides the last range, which has no end, and one that is done to its end', async () => {
    const id = await withRanges(of(), 1);
    await of().claim(id, 1, 0, 'a');
    expect(await of().divide(id, 1, 0, 'a', { bounds: [uuid('a')], done: 2 }, { points: 9 })).toBe(true);
    expect(await of().open(id, 1, 0, 10)).toEqual([]);
    expect(await of().summary(id, 1)).toMatchObject({ total: 2, done: 2 });
    expect(await bounds(id, 2)).toEqual([
      [null, uuid('a').id],
      [uuid('a').id, null],
    ]);
  });

  it('takes a division from nobody but the holder, and once: also a repeated one changes nothing', async () => {
    const id = await withRanges(of(), 2);
    await of().claim(id, 1, 0, 'zombie');
    await of().claim(id, 1, 0, 'a');
    const division = { bounds: [integer(3), integer(6)], done: 2 };
    expect(await of().divide(id, 1, 0, 'zombie', division, { points: 1 })).toBe(false);
    expect(await of().divide(id, 1, 0, 'a', division, { points: 1 })).toBe(true);
    expect(await of().divide(id, 1, 0, 'a', division, { points: 1 })).toBe(false);
    expect(await of().checkpoint(id, 1, 0, 'zombie', integer(5), { points: 1 })).toBe(false);
    expect(await of().finish(id, 1, 0, 'zombie', { points: 1 })).toBe(false);
    expect(await of().summary(id, 1)).toMatchObject({ total: 4, done: 2, points: 1 });
  });

  it('takes no division from a worker of a pass that was left, once a range of a later one is being read', async () => {
    const id = await withRanges(of(), 2);
    await of().claim(id, 3, 0, 'zombie');
    await of().claim(id, 4, 1, 'a');
    expect(await of().divide(id, 3, 0, 'zombie', { bounds: [integer(3)], done: 1 }, { points: 1 })).toBe(false);
    await of().finish(id, 4, 1, 'a', { points: 1, hash: 'of the whole range' });
    expect(await of().claim(id, 5, 0, 'b')).toMatchObject({ start: null, end: integer(10) });
    expect(await of().split(id)).toMatchObject({ nextSeq: 2 });
  });

  it('goes together with a scan that is still making ranges', async () => {
    const id = newId();
    await of().append(id, 0, [{ seq: 0, start: null, end: integer(10) }], { cursor: integer(10), done: false });
    await of().claim(id, 1, 0, 'a');
    await of().divide(id, 1, 0, 'a', { bounds: [integer(5)], done: 1 }, { points: 1 });
    expect(await of().append(id, 1, [{ seq: 1, start: integer(10), end: null }], { cursor: null, done: true })).toBe(false);
    expect(await of().append(id, 2, [{ seq: 2, start: integer(10), end: null }], { cursor: null, done: true })).toBe(true);
    expect(await bounds(id, 2)).toEqual([
      [null, '5'],
      ['5', '10'],
      ['10', null],
    ]);
  });
}
