import { type PayloadMapping, parsePayloadPath, payloadMappingSchema } from '@reembed/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inverseMapping, payloadMapper } from './payload-mapping.ts';

const mapper = (mapping: Partial<PayloadMapping>) => payloadMapper(payloadMappingSchema.parse(mapping));
const map = (mapping: Partial<PayloadMapping>, payload: string) => mapper(mapping).map(payload);

const payload = '{"n":9007199254740993,"x":1.0,"a":{"b":[{"c":1,"d":2},{"c":3}],"e":-0.0},"l":"x, {\\"y\\"}"}';

describe('a mapped payload', () => {
  it.each<[string, Partial<PayloadMapping>, string]>([
    ['keeps what include names, with its numbers as they were', { include: ['n', 'x'] }, '{"n":9007199254740993,"x":1.0}'],
    ['keeps a field of an object, and the object around it', { include: ['a.e'] }, '{"a":{"e":-0.0}}'],
    ['keeps a field of every item', { include: ['a.b[].c'] }, '{"a":{"b":[{"c":1},{"c":3}]}}'],
    ['empties an array that a path goes through without []', { include: ['a.b.c', 'a.e'] }, '{"a":{"b":[],"e":-0.0}}'],
    ['keeps a plain value that a path goes on from', { include: ['l.m'] }, '{"l":"x, {\\"y\\"}"}'],
    ['drops what exclude names', { exclude: ['a', 'l', 'x'] }, '{"n":9007199254740993}'],
    ['drops a field of every item', { include: ['a'], exclude: ['a.b[].d', 'a.e'] }, '{"a":{"b":[{"c":1},{"c":3}]}}'],
    ['drops every item', { include: ['a.b'], exclude: ['a.b[]'] }, '{"a":{"b":[]}}'],
    ['renames keys where they stand', { include: ['n', 'a.e'], rename: { n: 'm', 'a.e': 'a.f' } }, '{"m":9007199254740993,"a":{"f":-0.0}}'],
    ['renames within items', { include: ['a.b'], rename: { 'a.b[].c': 'a.b[].k' } }, '{"a":{"b":[{"k":1,"d":2},{"k":3}]}}'],
    [
      'renames from and to names with spaces, dots and slashes',
      { include: ['n', 'x'], rename: { n: '"a.b"', x: 'A name/of: it' } },
      '{"a.b":9007199254740993,"A name/of: it":1.0}',
    ],
    ['swaps two names', { include: ['n', 'x'], rename: { n: 'x', x: 'n' } }, '{"x":9007199254740993,"n":1.0}'],
    ['takes a name that exclude makes free', { exclude: ['a', 'l', 'n'], rename: { x: 'n' } }, '{"n":1.0}'],
    ['is empty where nothing is left', { include: ['nowhere'] }, '{}'],
  ])('%s', (_what, mapping, expected) => {
    expect(map(mapping, payload)).toEqual({ payload: expected });
  });

  it.each<[string, Partial<PayloadMapping>, string]>([
    ['the top', { rename: { n: 'x' } }, 'x'],
    ['an object', { rename: { 'a.b': 'a.e' } }, 'a.e'],
    ['the items of a list', { rename: { 'a.b[].c': 'a.b[].d' } }, 'a.b[].d'],
  ])('would have a field twice at %s: that is said by its path', (_where, mapping, conflict) => {
    expect(map(mapping, payload)).toEqual({ conflict });
  });

  it('is the very text without a mapping', () => {
    expect(map({}, ' {"b" : 1.0} ')).toEqual({ payload: ' {"b" : 1.0} ' });
  });

  it('reads like the payload with all that is left, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string({ minLength: 1 }).map((key) => key.replace(/["\\]/g, '_')),
        (rest, key) => {
          const before = JSON.stringify({ ...rest, [key]: 1, gone: 2 });
          const { gone, ...left } = JSON.parse(before) as Record<string, unknown>;
          const mapped = map({ exclude: ['gone'] }, before);
          expect(JSON.parse((mapped as { payload: string }).payload)).toEqual(left);
        },
      ),
    );
  });
});

describe('the name of a field in the target', () => {
  const { path, keeps } = mapper({ include: ['a', 'b.c', 'tags'], exclude: ['a.x'], rename: { a: 'z', 'b.c': 'b.d' } });

  it.each([
    ['a', 'z'],
    ['a.k', 'z.k'],
    ['a.x', null],
    ['a.x.deep', null],
    ['b', 'b'],
    ['b.c', 'b.d'],
    ['b.other', null],
    ['tags[].name', 'tags[].name'],
    ['other', null],
  ])('of %s is %s', (field, name) => {
    expect(path(field)).toBe(name);
  });

  it.each([
    ['a', false],
    ['a.k', true],
    ['a.x', false],
    ['b', false],
    ['b.c', true],
    ['tags', true],
    ['tags.0.name', true],
    ['tags[7]', true],
    ['other', false],
  ])('%s keeps its whole value: %s', (field, whole) => {
    expect(keeps(parsePayloadPath(field) ?? [])).toBe(whole);
  });
});

describe('a mapping', () => {
  it.each<[string, object, string]>([
    ['a place in a list', { include: ['a[0]'] }, 'write []'],
    ['what is no path', { include: ['a..b'] }, 'is not a path into a payload, from "..b" at character 2 on'],
    ['the same in include and exclude', { include: ['a', 'b'], exclude: ['b'] }, 'include names too'],
    ['two fields under one name', { rename: { a: 'c', b: 'c' } }, 'another field too'],
    ['a field moved elsewhere', { rename: { 'meta.a': 'a' } }, 'stands elsewhere'],
    ['a list renamed', { rename: { 'a[]': 'b[]' } }, 'renames no key'],
  ])('refuses %s', (_what, mapping, says) => {
    expect(payloadMappingSchema.safeParse(mapping).error?.issues[0]?.message).toContain(says);
  });
});

describe('the way back of a mapping', () => {
  const inverse = (mapping: Partial<PayloadMapping>, added: string | null = null) =>
    inverseMapping(payloadMappingSchema.parse(mapping), added);

  it('is none where fields are dropped', () => {
    expect(inverse({ exclude: ['a'] })).toBeNull();
    expect(inverse({ include: ['a'] })).toBeNull();
  });

  it('leaves out what the target alone has', () => {
    expect(inverse({}, '"a.hash"')).toEqual({ include: [], exclude: ['"a.hash"'], rename: {} });
  });

  it('gives every payload back as it was, whatever is renamed in it', () => {
    const keys = fc.constantFrom('a', 'b', 'c', 'd.e');
    const leaf = fc.oneof(fc.integer(), fc.constant('x'));
    const inner = fc.dictionary(keys, leaf, { maxKeys: 3 });
    const payloads = fc.dictionary(keys, fc.oneof(leaf, inner, fc.array(inner, { maxLength: 2 })), { maxKeys: 4 });
    const renames: Record<string, string>[] = [
      { a: 'z' },
      { a: 'b', b: 'a' },
      { a: 'z', 'a.b': 'a.y' },
      { 'c[].a': 'c[].w', c: '"x.y"' },
      { '"d.e"': 'v' },
    ];
    fc.assert(
      fc.property(payloads, fc.constantFrom(...renames), (value, rename) => {
        const there = mapper({ rename }).map(JSON.stringify(value));
        fc.pre('payload' in there);
        const back = payloadMapper(inverse({ rename }) ?? { include: [], exclude: [], rename: {} }).map(
          'payload' in there ? there.payload : '',
        );
        expect('payload' in back ? JSON.parse(back.payload) : back).toEqual(value);
      }),
    );
  });
});
