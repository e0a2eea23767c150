import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStoredForm, storedAs } from './stored-vector.ts';

const bits = new DataView(new ArrayBuffer(4));
function step(value: number, by: number): number {
  bits.setFloat32(0, value);
  bits.setInt32(0, bits.getInt32(0) + by);
  return bits.getFloat32(0);
}

describe('isStoredForm', () => {
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
    expect(isStoredForm(a, b)).toBe(agree);
  });

  it('takes one step of a float32 for a rounding and two for a difference', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(1e-30), max: Math.fround(1e30) }), (value) => {
        expect(isStoredForm(JSON.stringify([value]), JSON.stringify([step(value, 1)]))).toBe(true);
        expect(isStoredForm(JSON.stringify([-value]), JSON.stringify([-step(value, 1)]))).toBe(true);
        expect(isStoredForm(JSON.stringify([value]), JSON.stringify([step(value, 2)]))).toBe(false);
      }),
    );
  });

  const kept = (datatype: string) => ({ distance: 'Dot', datatype });

  it.each([
    ['float16', '[1.1,2.2,-3.7]', '[1.0996094,2.1992188,-3.6992188]', true],
    ['float16', '[1.1]', '[1.1005859]', true],
    ['float16', '[1.1]', '[1.1015625]', false],
    ['float16', '[1.1]', '[-1.0996094]', false],
    ['float32', '[1.1]', '[1.0996094]', false],
    ['uint8', '[3.7,300.0,-2.0]', '[3.0,255.0,0.0]', true],
    ['uint8', '[3.7]', '[4.0]', true],
    ['uint8', '[3.7]', '[5.0]', false],
    ['turbo4', '[1.0,2.0,3.0]', '[1.1,1.9,3.2]', true],
    ['turbo4', '[1.0,2.0,3.0]', '[3.0,2.0,1.0]', false],
    ['turbo4', '[[1.0,2.0],[3.0,1.0]]', '[[1.1,2.1],[2.9,1.0]]', true],
    ['turbo4', '[[1.0,2.0],[3.0,1.0]]', '[[1.1,2.1],[1.0,2.9]]', false],
    ['turbo4', '[1.0,2.0]', '[1.0,2.0,0.0]', false],
  ])('in %s, %s sent and %s stored: %s', (datatype, sent, stored, same) => {
    expect(isStoredForm(sent, stored, kept(datatype))).toBe(same);
  });

  it('takes token ids by their value, however large', () => {
    expect(isStoredForm('{"indices":[2147483646],"values":[0.5]}', '{"indices":[2147483647],"values":[0.5]}')).toBe(false);
  });
});

describe('storedAs', () => {
  it('says how the server keeps a vector', () => {
    expect(storedAs({ kind: 'dense', params: { size: 4, distance: 'Dot' } })).toEqual({ distance: 'Dot', datatype: 'float32' });
    expect(storedAs({ kind: 'dense', params: { size: 4, distance: 'Cosine', datatype: 'uint8' } })).toEqual({
      distance: 'Cosine',
      datatype: 'uint8',
    });
    expect(storedAs({ kind: 'sparse', params: { index: { datatype: 'float16' } } })).toEqual({ distance: null, datatype: 'float32' });
  });
});
