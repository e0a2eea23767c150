import { anyCharacter } from '@reembed/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathsBelow, readPayloadField } from './payload-field.ts';

const awkwardKey = fc.oneof(fc.string({ unit: anyCharacter }), fc.constantFrom('a', '"', '\\', '\\"', '}', ']', '', '__proto__', 'b.c'));
const payloadWithPath = fc
  .dictionary(awkwardKey, fc.jsonValue({ maxDepth: 4, stringUnit: anyCharacter }), { noNullPrototype: true })
  .chain((payload) => fc.record({ payload: fc.constant(payload), path: pathInto(payload) }));

function pathInto(value: unknown): fc.Arbitrary<string[]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0) return fc.constant([]);
  const members = value as Record<string, unknown>;
  return fc.constantFrom(...Object.keys(members)).chain((key) =>
    fc.oneof(
      fc.constant<string[]>([key]),
      pathInto(members[key]).map((rest) => [key, ...rest]),
    ),
  );
}

function follow(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], value);
}

describe('readPayloadField', () => {
  // Not JSON.parse: V8 13.6 gives an object's key `"` as `\` once it has seen `\` in that place.
  it.each([0, 2])('finds what was written (indented by %i)', (indent) => {
    fc.assert(
      fc.property(payloadWithPath, ({ payload, path }) => {
        const text = JSON.stringify(payload, null, indent);
        expect(JSON.stringify(readPayloadField(text, path))).toBe(JSON.stringify(follow(payload, path)));
      }),
    );
  });

  it.each([
    ['9007199254740993', '9007199254740993'],
    ['12345678901234567890', '12345678901234567890'],
    ['1.0', '1.0'],
    ['1e+30', 1e30],
    ['1e30', '1e30'],
    ['-0.50', '-0.50'],
    ['0.1', 0.1],
    ['42', 42],
    ['[1.0,{"n":9007199254740993}]', ['1.0', { n: '9007199254740993' }]],
  ])('keeps the number %s as it was spelled where a double would not', (source, expected) => {
    expect(readPayloadField(`{"x":"}","n":${source},"y":1}`, ['n'])).toEqual(expected);
  });

  it.each([
    ['{}', ['a']],
    ['{"a":1}', ['a', 'b']],
    ['{"a":[{"b":1}]}', ['a', 'b']],
    ['{"a":null}', ['a', 'b']],
    ['{"b":{"a":1}}', ['a']],
  ])('answers undefined for a path that %s does not have', (payload, path) => {
    expect(readPayloadField(payload, path)).toBeUndefined();
  });

  it('tells a null from an absent field', () => {
    expect(readPayloadField('{"a":null}', ['a'])).toBeNull();
  });

  it('reads keys that are spelled with escapes', () => {
    expect(readPayloadField('{"\\u0061\\"":{"\\\\":"found"}}', ['a"', '\\'])).toBe('found');
  });

  it.each(['{"a', '{"a"', '{"a":', '{"a":{', '{"a":"b', '{"a" 1}', '{"b":1 "a":2}'])('throws on the broken text %s', (broken) => {
    expect(() => readPayloadField(broken, ['a'])).toThrow(SyntaxError);
  });
});

describe('pathsBelow', () => {
  const text = JSON.stringify({
    title: 'x',
    'Product Name': 'y',
    meta: { author: { name: 'Ada' } },
    crumbs: [{ name: 'Home' }, { url: '/' }, 7],
    node: JSON.stringify({ text: 'within', more: { a: 1 } }),
    plain: '{ no json',
  });

  it.each<[(string | null)[], string[]]>([
    [[], ['title', '"Product Name"', 'meta', 'crumbs', 'node', 'plain']],
    [['meta'], ['meta.author']],
    [['meta', 'author'], ['meta.author.name']],
    [['crumbs'], ['crumbs[].name', 'crumbs[].url']],
    [['node'], ['node.text', 'node.more']],
    [['node', 'more'], ['node.more.a']],
    [['title'], []],
    [['plain'], []],
    [['absent'], []],
  ])('of %j are %j', (path, below) => {
    expect(pathsBelow(text, path)).toEqual(below);
  });
});
