import type { PointId } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { drawTrial } from './draw-trial.ts';

const id = (n: number): PointId => ({ kind: 'integer', id: String(n) });
const ids = (...all: number[]) => all.map(id);
const drawn = (...args: Parameters<typeof drawTrial>) => drawTrial(...args).ids.map((one) => Number(one.id));
const apart = (query: string) => Number(query);

describe('the sample of a trial', () => {
  it('has all that is relevant, then what is hard for any query, place by place, then points by chance', () => {
    const neighbours = new Map([
      ['1', ids(10, 11, 12)],
      ['2', ids(20, 21, 22)],
    ]);
    expect(drawn({ most: 8, relevant: ids(1, 2), neighbours, random: ids(30, 31, 32), clusterOf: apart })).toEqual([
      1, 2, 10, 20, 11, 21, 30, 31,
    ]);
  });

  it('is all of a collection that is no larger', () => {
    const draw = drawTrial({ most: 100, relevant: ids(1), neighbours: new Map([['1', ids(2)]]), random: ids(1, 2, 3), clusterOf: apart });
    expect(draw.ids).toHaveLength(3);
    expect(draw.random.size).toBe(3);
  });

  it('draws nothing by chance beside what an earlier run did, where that fills it', () => {
    const neighbours = new Map([['1', ids(10, 11)]]);
    const given = { most: 5, relevant: ids(1), neighbours, clusterOf: apart };
    const draw = drawTrial({ ...given, settled: ids(10, 30, 31), random: ids(11, 40) });
    expect(draw.ids.map((one) => Number(one.id))).toEqual([1, 10, 11, 30, 31]);
    expect([10, 11, 30, 31].filter((n) => draw.random.has(id(n)))).toEqual([10, 30, 31]);
    expect(drawTrial({ ...given, settled: ids(30), random: ids(40) }).ids).toHaveLength(5);
  });

  it('knows what it has for one query alone, and what others, or chance, would have brought too', () => {
    const neighbours = new Map([
      ['1', ids(10, 11, 12, 13, 1)],
      ['2', ids(10, 20)],
      ['3', ids(13)],
    ]);
    // The first and the third are about the same document.
    const clusterOf = (query: string) => (query === '3' ? 1 : Number(query));
    const draw = drawTrial({ most: 100, relevant: ids(1), neighbours, random: ids(11, 30), clusterOf });
    const forFirst = [1, 10, 11, 12, 13, 20, 30].filter((n) => draw.drawnFor('1', id(n)));
    expect(forFirst).toEqual([12, 13]);
    expect(draw.drawnFor('2', id(20))).toBe(true);
    expect(draw.drawnFor('3', id(13))).toBe(true);
  });
});
