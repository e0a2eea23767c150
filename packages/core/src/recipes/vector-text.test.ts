import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vectorFault, vectorsAgree } from './vector-text.ts';

const bits = new DataView(new ArrayBuffer(4));
function step(value: number, by: number): number {
  bits.setFloat32(0, value);
  bits.setInt32(0, bits.getInt32(0) + by);
  return bits.getFloat32(0);
}

describe('vectorFault', () => {
  it.each([
    ['[0.1,-0.2]', null],
    ['[0.0,1e-30]', null],
    ['{"indices":[9,2],"values":[0.0,0.5]}', null],
    ['[[0.0,0.0],[0.0,3.0]]', null],
    ['[0.0,-0.0,0]', 'zero'],
    ['{"indices":[9,2],"values":[0.0,0.0]}', 'zero'],
    ['{"values":[0.0],"indices":[9]}', 'zero'],
    ['[0.1,null]', 'not-finite'],
  ])('%s: %s', (text, fault) => {
    expect(vectorFault(text)).toBe(fault);
  });
});

describe('vectorsAgree', () => {
  it.each([
    ['[1.0,2.0]', '[1,2]', true],
    ['[1.0,2.0]', '[1.0]', false],
    ['[1.0,2.0]', '[2.0,1.0]', false],
    ['[0.0]', '[-0.0]', true],
    ['[1e-45]', '[-1e-45]', false],
    ['[null]', '[null]', true],
    ['[null]', '[1.0]', false],
    ['[[1.0],[2.0]]', '[[1.0],[2.0]]', true],
    ['[[1.0],[2.0]]', '[[1.0,2.0]]', false],
    ['{"indices":[1],"values":[0.5]}', '{"values":[0.5],"indices":[1]}', true],
    ['{"indices":[1],"values":[0.5]}', '{"indices":[2],"values":[0.5]}', false],
  ])('%s and %s: %s', (a, b, agree) => {
    expect(vectorsAgree(a, b)).toBe(agree);
  });

  it('takes one step of a float32 for a rounding and two for a difference', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(1e-30), max: Math.fround(1e30) }), (value) => {
        expect(vectorsAgree(JSON.stringify([value]), JSON.stringify([step(value, 1)]))).toBe(true);
        expect(vectorsAgree(JSON.stringify([-value]), JSON.stringify([-step(value, 1)]))).toBe(true);
        expect(vectorsAgree(JSON.stringify([value]), JSON.stringify([step(value, 2)]))).toBe(false);
      }),
    );
  });
});
