import { describe, expect, it } from 'vitest';
import { vectorFault } from './stored-vector.ts';

describe('vectorFault', () => {
  it.each([
    ['[0.1,-0.2]', null],
    ['[0.0,1e-30]', null],
    ['{"indices":[9,2],"values":[0.0,0.5]}', null],
    ['[[0.0,0.0],[0.0,3.0]]', null],
    ['[0.0,-0.0,0]', 'vector-zero'],
    ['{"indices":[9,2],"values":[0.0,0.0]}', 'vector-zero'],
    ['{"values":[0.0],"indices":[9]}', 'vector-zero'],
    ['[0.1,null]', 'vector-not-finite'],
  ])('%s: %s', (text, fault) => {
    expect(vectorFault(text)).toBe(fault);
  });
});
