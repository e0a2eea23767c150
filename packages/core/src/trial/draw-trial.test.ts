import type { PointId } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { drawTrial } from './draw-trial.ts';

const id = (n: number): PointId => ({ kind: 'integer', id: String(n) });
const ids = (...all: number[]) => all.map(id);
const drawn = (...args: Parameters<typeof drawTrial>) => drawTrial(...args).ids.map((one) => Number(one.id));

describe('the sample of a trial', () => {
  it('has all that is relevant, then what is hard for any query, place by place, then points by chance', () => {
    const neighbours = new Map([
      ['1', ids(10, 11, 12)],
      ['2', ids(20, 21, 22)],
    ]);
    expect(drawn({ most: 12, relevant: ids(1, 2), neighbours, random: ids(30, 31, 32, 33, 34, 35, 36) })).toEqual([
      1, 2, 10, 20, 11, 21, 30, 31, 32, 33, 34, 35,
    ]);
  });

  it('is all of a collection that is no larger', () => {
    const draw = drawTrial({ most: 100, relevant: ids(1), neighbours: new Map([['1', ids(2)]]), random: ids(1, 2, 3) });
    expect(draw.ids).toHaveLength(3);
    expect(draw.random.size).toBe(3);
  });

  it('draws nothing by chance beside what an earlier run did, where that fills it', () => {
    const neighbours = new Map([['1', ids(10, 11)]]);
    const given = { most: 6, relevant: ids(1), neighbours };
    const draw = drawTrial({ ...given, settled: ids(10, 30, 31, 32), random: ids(11, 40) });
    expect(draw.ids.map((one) => Number(one.id))).toEqual([1, 10, 11, 30, 31, 32]);
    expect([10, 11, 30, 31, 32].filter((n) => draw.random.has(id(n)))).toEqual([10, 30, 31, 32]);
    expect(drawTrial({ ...given, settled: ids(30), random: ids(40, 41) }).ids).toHaveLength(6);
  });

  it('knows what it has for nothing but that the old model found it, and not by chance too', () => {
    const neighbours = new Map([
      ['1', ids(10, 11, 12, 1)],
      ['2', ids(10, 20)],
    ]);
    const draw = drawTrial({ most: 100, relevant: ids(1), neighbours, random: ids(11, 30) });
    expect([1, 10, 11, 12, 20, 30].filter((n) => draw.isChosen(id(n)))).toEqual([10, 12, 20]);
  });
});
