import { anyCharacter } from '@reembed/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { skipJsonValue } from './payload-text.ts';

describe('skipJsonValue', () => {
  it('ends where the value ends, whatever follows', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: anyCharacter }), fc.constantFrom(',', '}', ']', ' ', '\n', ''), (value, after) => {
        const text = JSON.stringify(value);
        expect(skipJsonValue(`${text}${after}`, 0)).toBe(text.length);
      }),
    );
  });
});
