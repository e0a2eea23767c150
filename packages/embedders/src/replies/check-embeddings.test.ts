import { describe, expect, it } from 'vitest';
import { checkEmbeddings, orderByIndex } from './check-embeddings.ts';

const base64 = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer).toString('base64');
const check = (rows: unknown[], dimensions: number | null = null, count = rows.length) =>
  checkEmbeddings({ model: 'x/m', rows, count, dimensions });

describe('checkEmbeddings', () => {
  it('reads numbers and base64 alike', () => {
    expect(check([[1, 2], base64(3, 4)])).toEqual({ vectors: Float32Array.of(1, 2, 3, 4), dimensions: 2 });
  });

  it.each([
    ['a missing row', [[1]], null, 2],
    ['rows of two sizes', [[1, 2], [1]], null, 2],
    ['another size than asked for', [[1, 2]], 3, 1],
    ['a null', [[1, null]], null, 1],
    ['a text for a number', [[1, '2']], null, 1],
    ['infinity', [[1, Number.POSITIVE_INFINITY]], null, 1],
    ['NaN in base64', [base64(1, Number.NaN)], null, 1],
    ['zeros', [[0, 0]], null, 1],
    ['what float32 rounds to zeros', [[1e-60, 0]], null, 1],
    ['what float32 cannot hold', [[1e60, 0]], null, 1],
    ['an empty vector', [[]], null, 1],
    ['base64 of half a number', [Buffer.from([1, 2]).toString('base64')], null, 1],
    ['an object', [{}], null, 1],
  ] as const)('refuses %s', (_, rows, dimensions, count) => {
    expect(() => check([...rows], dimensions, count)).toThrow(expect.objectContaining({ code: 'provider-bad-reply', retry: 'later' }));
  });
});

describe('orderByIndex', () => {
  it('orders by index, and by position where there is none', () => {
    expect(orderByIndex('m', [{ index: 1 }, { index: 0 }])).toEqual([{ index: 0 }, { index: 1 }]);
    expect(orderByIndex('m', [{}, {}])).toEqual([{}, {}]);
  });

  it.each([[[0, 0]], [[0, 2]], [[-1, 0]], [[0, undefined]], [[0.5, 1]]])('refuses the indexes %j', (indexes) => {
    expect(() =>
      orderByIndex(
        'm',
        indexes.map((index) => ({ index })),
      ),
    ).toThrow(expect.objectContaining({ code: 'provider-bad-reply' }));
  });
});
