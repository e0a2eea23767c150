import { describe, expect, it } from 'vitest';
import { likeness } from './shaped-likeness.ts';
import { shapedJson } from './shaped-vector.ts';

const whole = (value: number) => value;
const of = (...numbers: number[]) => Float32Array.from(numbers);

describe('the likeness of what a model gives and what is stored', () => {
  it.each([
    ['dense', 0, of(0.25, -0.5, 1)],
    ['words', 0, of(7, 0.5, 30_000, 1.25)],
    ['words', 0, of()],
    ['rows', 2, of(1, 0, 0.6, 0.8, 0, 2)],
  ] as const)('is 1 for %s that are what was written', (shape, size, made) => {
    expect(likeness(made, shapedJson(made, { shape, size }), { shape, size }, whole)).toBeCloseTo(1, 6);
  });

  // 0.5 * 0.5 / ((0.25 + 1.5625) * (0.25 + 1)) ** 0.5, worked out by hand.
  it('of words counts those that one side lacks, and does not hang on their order', () => {
    const words = { shape: 'words', size: 0 } as const;
    expect(likeness(of(7, 0.5, 9, 1.25), '{"indices":[8,7],"values":[1,0.5]}', words, whole)).toBeCloseTo(
      0.25 / Math.sqrt(1.8125 * 1.25),
      6,
    );
    expect(likeness(of(9, 1.25, 7, 0.5), '{"indices":[7,9],"values":[0.5,1.25]}', words, whole)).toBeCloseTo(1, 6);
    expect(likeness(of(), '{"indices":[7],"values":[0.5]}', words, whole)).toBe(0);
  });

  it('of rows is the mean over them, however long each is stored, and nothing where their number differs', () => {
    const rows = { shape: 'rows', size: 2 } as const;
    expect(likeness(of(3, 4, 0, 1), '[[0.6,0.8],[1.0,0.0]]', rows, whole)).toBeCloseTo(0.5, 6);
    expect(likeness(of(3, 4, 0, 1), '[[0.6,0.8]]', rows, whole)).toBe(0);
  });

  it('rounds as the datatype does, but no word of a sparse vector', () => {
    const cut = (value: number) => Math.trunc(value);
    expect(likeness(of(3.9, 1.2), '[3,1]', { shape: 'dense', size: 0 }, cut)).toBeCloseTo(1, 9);
    expect(likeness(of(7, 0.5), '{"indices":[7],"values":[0.5]}', { shape: 'words', size: 0 }, cut)).toBeCloseTo(1, 9);
  });
});
