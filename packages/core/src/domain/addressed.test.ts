import { expect, it } from 'vitest';
import { type Addressable, findAddressed } from './addressed.ts';

const one = (id: string, name: string, target: string, ended = false): Addressable => ({ id, name, target, ended });
const known = [
  one('m5', 'm1', 'docs_v5'),
  one('m4', 'docs', 'docs_v4', true),
  one('m3', 'docs', 'docs_v3'),
  one('m2', 'twins', 'a'),
  one('m1', 'twins', 'b'),
  one('m0', 'old', 'docs_v0', true),
  one('m00', 'old', 'docs_v00', true),
];

it.each([
  ['m1', 'm1'],
  ['docs', 'm3'],
  ['docs_v4', 'm4'],
  ['old', 'm0'],
  ['nobody', undefined],
])('%j means %s', (word, id) => {
  expect(findAddressed(known, word, (migration) => migration)?.id).toBe(id);
});

it('a name that two at work share is told, with both ids', () => {
  expect(() => findAddressed(known, 'twins', (migration) => migration)).toThrow(
    /m2 \(twins, into a\), m1 \(twins, into b\): name one by its id/,
  );
});
