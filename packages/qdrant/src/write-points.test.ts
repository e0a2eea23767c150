import { exactInteger, parseExactJson } from '@reembed/contracts';
import type { WrittenPoint } from '@reembed/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNested, readText, readVarint, tagOf, type WireMessage, walkFields, wireMessage } from './wire-reader.ts';
import { createWireWriter } from './wire-writer.ts';
import { writePayload } from './write-payload.ts';
import { upsertRequest } from './write-points.ts';

const point = (vectors: WrittenPoint['vectors'], payload = '{}'): WrittenPoint => ({ id: { kind: 'integer', id: '7' }, payload, vectors });
const sent = (...points: WrittenPoint[]) => upsertRequest('docs', points, 'insertOnly');

/** The members of a map of Values, as exact JSON would have them. */
function valuesOf(message: WireMessage, field: number): Record<string, unknown> {
  const found: [string, unknown][] = [];
  walkFields(message, (tag) => {
    if (tag !== tagOf(field, 2)) return false;
    const entry = readNested(message);
    let key = '';
    walkFields(entry, (part) => {
      if (part === tagOf(1, 2)) key = readText(entry);
      else if (part === tagOf(2, 2)) found.push([key, readValue(readNested(entry))]);
      else return false;
      return true;
    });
    return true;
  });
  return Object.fromEntries(found);
}

function readValue(message: WireMessage): unknown {
  let value: unknown;
  walkFields(message, (tag) => {
    const bytes = Buffer.from(message.bytes.buffer, message.bytes.byteOffset);
    if (tag === tagOf(1, 0)) value = readVarint(message) === 0 ? null : 'no null';
    else if (tag === tagOf(2, 1)) {
      value = { float: bytes.readDoubleLE(message.at) };
      message.at += 8;
    } else if (tag === tagOf(3, 0)) value = { integer: String(BigInt.asIntN(64, bigAt(message))) };
    else if (tag === tagOf(4, 2)) value = readText(message);
    else if (tag === tagOf(5, 0)) value = readVarint(message) === 1;
    else if (tag === tagOf(6, 2)) value = valuesOf(readNested(message), 1);
    else if (tag === tagOf(7, 2)) {
      const list = readNested(message);
      const items: unknown[] = [];
      walkFields(list, () => {
        items.push(readValue(readNested(list)));
        return true;
      });
      value = items;
    }
    return true;
  });
  return value;
}

function bigAt(message: WireMessage): bigint {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = message.bytes[message.at++] ?? 0;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

/** A payload as its own text says it. */
function wanted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wanted);
  if (typeof value === 'number') return /^-?\d+$/.test(JSON.stringify(value)) ? { integer: String(value) } : { float: value };
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, wanted(member)]));
}

function written(json: string): Record<string, unknown> | null {
  const writer = createWireWriter(1);
  return writePayload(writer, 3, json) ? valuesOf(wireMessage(writer.finish()), 3) : null;
}

describe('a payload as values', () => {
  it('says what its JSON says', () => {
    const members = fc.dictionary(
      fc.string({ unit: 'binary' }).map((key) => key.toWellFormed()),
      fc.jsonValue({ maxDepth: 3 }),
      { maxKeys: 4 },
    );
    fc.assert(
      fc.property(members, (payload) => {
        // Floats that JSON.stringify spells as integers are integers to whoever reads the text.
        const json = JSON.stringify(payload);
        const again = JSON.parse(json) as unknown;
        fc.pre(!/\d{16,}/.test(json));
        expect(written(json)).toEqual(wanted(again));
      }),
    );
  });

  it.each([
    ['9223372036854775807', { integer: '9223372036854775807' }],
    ['-9223372036854775808', { integer: '-9223372036854775808' }],
    ['9007199254740993', { integer: '9007199254740993' }],
    ['-1', { integer: '-1' }],
    ['0', { integer: '0' }],
    ['1.0', { float: 1 }],
    ['-0', { float: -0 }],
    ['-0.0', { float: -0 }],
    ['1e+30', { float: 1e30 }],
    ['6.07e-10', { float: 6.07e-10 }],
    ['1.2345678901234567e+19', { float: 1.2345678901234567e19 }],
    ['"a \\" \\u00fc 😀 漢字"', 'a " ü 😀 漢字'],
    ['""', ''],
    ['{}', {}],
    ['[]', []],
    ['null', null],
    ['true', true],
    ['false', false],
  ])('keeps %s', (source, value) => {
    expect(written(`{ "k" : ${source} }`)).toEqual({ k: value });
    expect(written(`{"k":[${source},{"l":${source}}]}`)).toEqual({ k: [value, { l: value }] });
  });

  it.each(['9223372036854775808', '12345678901234567890', '18446744073709551615', '-9223372036854775809', '99999999999999999999'])(
    'is none where it holds %s, for which there is no value',
    (integer) => {
      expect(written(`{"k":${integer}}`)).toBeNull();
      expect(written(`{"a":[{"k":[${integer}]}],"b":1}`)).toBeNull();
    },
  );

  it('is none where it is nested deeper than a server reads', () => {
    expect(written(`{"a":${'{"d":['.repeat(11)}1${']}'.repeat(11)}}`)).not.toBeNull();
    expect(written(`{"a":${'{"d":['.repeat(20)}1${']}'.repeat(20)}}`)).toBeNull();
  });

  it('agrees with the exact reader on the awkward ones', () => {
    const json = '{"past53":9007199254740993,"float":1.0}';
    expect(parseExactJson(json)).toMatchObject({ past53: exactInteger(9007199254740993n) });
    expect(written(json)).toEqual({ past53: { integer: '9007199254740993' }, float: { float: 1 } });
  });
});

describe('an upsert', () => {
  it('holds made vectors as the floats they are', () => {
    const made = Float32Array.of(0.1, -0, 3.4028234663852886e38, 1e-45);
    expect(sent(point({ '': made }))?.includes(Buffer.from(made.buffer))).toBe(true);
    expect(sent(point({ '': '[0.1,-0.0,3.4028235e38,1e-45]' }))?.includes(Buffer.from(made.buffer))).toBe(true);
    // A part of a larger array.
    expect(sent(point({ '': made.subarray(1, 3) }))).toEqual(sent(point({ '': Float32Array.from(made.subarray(1, 3)) })));
  });

  it('asks for an acknowledgement, and guards an insert on servers that do not know the mode', () => {
    const body = sent(point({})) ?? Buffer.alloc(0);
    // `wait: true`; `update_filter: { must: [{ has_id: [] }] }` in padded lengths; `update_mode: InsertOnly`.
    expect(body.subarray(6, 8)).toEqual(Buffer.from([0x10, 1]));
    expect(body.subarray(-17)).toEqual(
      Buffer.from([0x32, 0x8a, 0x80, 0x80, 0, 0x12, 0x85, 0x80, 0x80, 0, 0x1a, 0x80, 0x80, 0x80, 0, 0x40, 1]),
    );
    expect(upsertRequest('docs', [point({})], 'updateOnly')?.subarray(-2)).toEqual(Buffer.from([0x40, 2]));
  });

  it.each<[string, WrittenPoint['vectors']]>([
    ['NaN', { '': Float32Array.of(1, Number.NaN) }],
    ['an infinity', { '': Float32Array.of(Number.POSITIVE_INFINITY) }],
    ['the null that JSON has for them', { a: '[1.0]', b: '[1.0,null]' }],
    ['one among rows', { '': '[[1.0],[null]]' }],
    ['one among the weights of a sparse vector', { v: '{"indices":[1],"values":[null]}' }],
    ['a number that is none as f32', { '': '[1e39]' }],
  ])('is none where a vector holds %s: REST has words for that', (_, vectors) => {
    expect(sent(point({ '': '[1.0]' }), point(vectors), point({ '': '[1.0]' }))).toBeNull();
  });
});
