import fc from 'fast-check';

const surrogates = { first: 0xd800, count: 0x800 } as const;

/** Any code point but half surrogates, for `fc.string({ unit })`. What fast-check itself has for it builds a table of all of them first. */
export const anyCharacter: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10ffff - surrogates.count })
  .map((at) => String.fromCodePoint(at < surrogates.first ? at : at + surrogates.count));
