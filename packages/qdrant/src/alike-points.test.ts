import { type Likeness, payloadsEqual, type WrittenPoint } from '@reembed/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pointsAreAlike } from './alike-points.ts';
import { createWireWriter, type WireWriter } from './wire-writer.ts';
import { writePayload } from './write-payload.ts';
import { writeId, writeVectors } from './write-points.ts';

/** A RetrievedPoint as a server sends it. */
function retrieved(payload: string, vectors: WrittenPoint['vectors'] = {}, more: (writer: WireWriter) => void = () => undefined): Buffer {
  const writer = createWireWriter();
  writeId(writer, 1, { kind: 'integer', id: '7' });
  writePayload(writer, 2, payload);
  if (Object.keys(vectors).length > 0) writeVectors(writer, 4, vectors);
  more(writer);
  return writer.finish();
}

const nothing: Likeness = { kept: [], made: [] };

/** The same value with the keys of every object turned round. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, turned(inner)] as const)
      .reverse(),
  );
}

/** Few values, so that two are often equal. */
const anyValue = fc.letrec((tie) => ({
  value: fc.oneof(fc.constantFrom(0, 1, 1.5, -1, '', 'a', 'b', true, false, null), tie('object'), fc.array(tie('value'), { maxLength: 3 })),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'ключ'), tie('value')),
})).object;

describe('points held against each other as bytes', () => {
  it('are alike where their payloads hold the same, in whatever order, and not where they do not', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (one, other) => {
        const [a, b] = [JSON.stringify(one), JSON.stringify(other)];
        expect(pointsAreAlike(retrieved(a), retrieved(JSON.stringify(turned(one))), nothing)).toBe(true);
        expect(pointsAreAlike(retrieved(a), retrieved(b), nothing)).toBe(payloadsEqual(a, b));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['a whole number and a float', '{"n":1}', '{"n":1.0}'],
    ['zeros of two signs', '{"n":0.0}', '{"n":-0.0}'],
    ['a null and nothing', '{"n":null}', '{}'],
    ['lists in another order', '{"n":[1,2]}', '{"n":[2,1]}'],
    ['a list and its beginning', '{"n":[1,2]}', '{"n":[1]}'],
    ['an empty object and an empty list', '{"n":{}}', '{"n":[]}'],
  ])('tell %s apart', (_, one, other) => {
    expect(pointsAreAlike(retrieved(one), retrieved(other), nothing)).toBe(false);
  });

  it('are not known to be alike where a float may have been an integer that gRPC cannot say', () => {
    const large = retrieved('{"a":[{"n":18446744073709552000.0}]}');
    expect(pointsAreAlike(large, Buffer.from(large), nothing)).toBe(false);
  });

  it('go by the last of two entries of one key, and by how often each is there', () => {
    const entries = (...json: string[]) =>
      Buffer.concat([retrieved('{}'), ...json.map((one) => retrieved(one).subarray(retrieved('{}').length))]);
    const [first, second] = ['{"a":1}', '{"a":2}'];
    expect(pointsAreAlike(entries(first, second), entries(first, second), nothing)).toBe(true);
    expect(pointsAreAlike(entries(first, second), entries(second, first), nothing)).toBe(false);
    expect(pointsAreAlike(entries(first, first), entries(first, '{"b":1}'), nothing)).toBe(false);
    expect(pointsAreAlike(entries('{"b":1}', first, second), entries(second, '{"b":1}', first), nothing)).toBe(false);
  });

  it('go by the last of two keys of one entry', () => {
    const entry = (keys: readonly string[], value: number) => (writer: WireWriter) =>
      writer.nested(2, () => {
        for (const key of keys) writer.text(1, key);
        writer.nested(2, () => writer.varint(3, value));
      });
    const point = (...entries: ((writer: WireWriter) => void)[]) =>
      retrieved('{}', {}, (writer) => entries.forEach((add) => void add(writer)));
    const [renamed, plain] = [entry(['a', 'b'], 1), entry(['b'], 2)];
    expect(pointsAreAlike(point(renamed, plain), point(renamed, plain), nothing)).toBe(true);
    expect(pointsAreAlike(point(renamed, plain), point(plain, renamed), nothing)).toBe(false);
  });

  it('are alike with hundreds of entries, too, in another order, and not where one differs', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`k${at}`, at]));
    const [one, other] = [JSON.stringify(many), JSON.stringify(turned(many))];
    expect(pointsAreAlike(retrieved(one), retrieved(other), nothing)).toBe(true);
    expect(pointsAreAlike(retrieved(one), retrieved(JSON.stringify({ ...many, k7: 8 })), nothing)).toBe(false);
  });

  it('nor where there is a field that is not known', () => {
    const more = retrieved('{}', {}, (writer) => writer.text(9, 'new'));
    expect(pointsAreAlike(more, Buffer.from(more), nothing)).toBe(false);
  });

  const one = Float32Array.of(0.1, 2);
  const kept: Likeness = { kept: [{ name: 'new', from: '' }], made: [] };
  it.each<[string, boolean, WrittenPoint['vectors'], WrittenPoint['vectors']]>([
    ['the same under another name', true, { '': one }, { new: one }],
    ['the same beside another', true, { '': one }, { new: one, other: Float32Array.of(3) }],
    ['on neither side', true, {}, { other: one }],
    ['gone', false, { '': one }, {}],
    ['out of nowhere', false, {}, { new: one }],
    ['one bit off', false, { '': one }, { new: Float32Array.of(0.1, 2.0000002) }],
    ['a zero of another sign', false, { '': Float32Array.of(0, 1) }, { new: Float32Array.of(-0, 1) }],
  ])('judge a kept vector: %s', (_, alike, source, target) => {
    expect(pointsAreAlike(retrieved('{}', source), retrieved('{}', target), kept)).toBe(alike);
  });

  const made: Likeness = { kept: [], made: [''] };
  it.each<[string, boolean, WrittenPoint['vectors']]>([
    ['any', true, { '': one }],
    ['the smallest that is not zero', true, { '': Float32Array.of(0, 1e-45) }],
    ['none', false, { other: one }],
    ['zeros', false, { '': Float32Array.of(0, -0) }],
    ['one that is not finite', false, { '': Float32Array.of(1, Number.NaN) }],
    ['one without an end', false, { '': Float32Array.of(1, Number.NEGATIVE_INFINITY) }],
    ['rows', false, { '': '[[1.0,2.0]]' }],
    ['a sparse one', false, { '': '{"indices":[1],"values":[1.0]}' }],
  ])('judge a made vector: %s', (_, alike, vectors) => {
    expect(pointsAreAlike(retrieved('{}'), retrieved('{}', vectors), made)).toBe(alike);
  });

  it('never get past what is malformed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          pointsAreAlike(retrieved('{"a":1}', { '': one }), bytes, { kept: [{ name: '', from: '' }], made: [] });
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
    );
  });
});
