import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readNested,
  readTag,
  readText,
  readUint64,
  readVarint,
  skipValue,
  tagOf,
  walkFields,
  wireMessage,
  wireType,
} from './wire-reader.ts';
import { createWireWriter, type WireWriter } from './wire-writer.ts';

type Field =
  | { readonly kind: 'varint'; readonly field: number; readonly value: number }
  | { readonly kind: 'big'; readonly field: number; readonly value: bigint }
  | { readonly kind: 'text'; readonly field: number; readonly value: string }
  | { readonly kind: 'nested'; readonly field: number; readonly value: readonly Field[] };

const number = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(101, 103, 536_870_911));
const { message } = fc.letrec<{ message: Field[]; field: Field }>((tie) => ({
  message: fc.array(tie('field'), { maxLength: 6 }),
  field: fc.oneof(
    { maxDepth: 4 },
    fc.record({ kind: fc.constant('varint' as const), field: number, value: fc.maxSafeNat() }),
    fc.record({ kind: fc.constant('big' as const), field: number, value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
    fc.record({
      kind: fc.constant('text' as const),
      field: number,
      value: fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
    }),
    fc.record({ kind: fc.constant('nested' as const), field: number, value: tie('message') }),
  ) as fc.Arbitrary<Field>,
}));

function write(writer: WireWriter, fields: readonly Field[]): void {
  for (const one of fields) {
    if (one.kind === 'text') writer.text(one.field, one.value);
    else if (one.kind === 'nested') writer.nested(one.field, () => write(writer, one.value));
    else writer.varint(one.field, one.value);
  }
}

function written(fields: readonly Field[]): Buffer {
  const writer = createWireWriter(1);
  write(writer, fields);
  return writer.finish();
}

function read(bytes: ReturnType<typeof wireMessage>, fields: readonly Field[]): Field[] {
  return fields.map(({ kind }): Field => {
    const tag = readTag(bytes);
    const field = Math.floor(tag / 8);
    if (kind === 'varint') return { kind, field, value: readVarint(bytes) };
    if (kind === 'big') return { kind, field, value: BigInt(readUint64(bytes)) };
    if (kind === 'text') return { kind, field, value: readText(bytes) };
    return { kind, field, value: [] };
  });
}

describe('the wire format', () => {
  it('gives back what was written, whatever it was', () => {
    fc.assert(
      fc.property(message, (fields) => {
        const flat = fields.filter(({ kind }) => kind !== 'nested');
        expect(read(wireMessage(written(flat)), flat)).toEqual(flat);
        const outer = wireMessage(written([{ kind: 'nested', field: 7, value: flat }]));
        expect(readTag(outer)).toBe(tagOf(7, wireType.bytes));
        expect(read(readNested(outer), flat)).toEqual(flat);
        expect(outer.at).toBe(outer.end);
      }),
    );
  });

  it('leaps over every field that nobody asks for, to the last byte', () => {
    fc.assert(
      fc.property(message, (fields) => {
        const seen: number[] = [];
        const bytes = wireMessage(written(fields));
        walkFields(bytes, (tag) => {
          seen.push(Math.floor(tag / 8));
          return false;
        });
        expect(seen).toEqual(fields.map(({ field }) => field));
        expect(bytes.at).toBe(bytes.end);
      }),
    );
  });

  it('reads no byte beyond a message that is cut off, and says so', () => {
    fc.assert(
      fc.property(message, fc.nat(), (fields, cut) => {
        const whole = written(fields);
        if (whole.length === 0) return;
        // What lies behind the message would be taken for its rest.
        const bytes = wireMessage(whole);
        const short = { ...bytes, end: cut % whole.length };
        const ends: number[] = [];
        const walk = () =>
          walkFields(short, (tag) => {
            ends.push(short.at);
            skipValue(short, tag);
            return true;
          });
        try {
          walk();
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
        expect(short.at).toBeLessThanOrEqual(short.end);
      }),
    );
  });

  it('takes any bytes at all for a message or refuses them with a SyntaxError, and always ends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          walkFields(wireMessage(bytes), () => false);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
    );
  });

  it.each([
    ['a length past the end', [0x0a, 0x05, 0x01]],
    ['a length of 2^53 - 1', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['a length of 2^64 - 1', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['a number of eleven bytes', [0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
    ['field number 0', [0x02, 0x00]],
    ['a group', [0x0b, 0x0c]],
    ['a double that is cut off', [0x11, 1, 2, 3]],
  ])('refuses %s', (_, bytes) => {
    expect(() => walkFields(wireMessage(Uint8Array.from(bytes)), () => false)).toThrow(SyntaxError);
  });

  it('refuses an id of more than 64 bits', () => {
    const bytes = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    expect(() => readUint64(wireMessage(Uint8Array.from(bytes)))).toThrow(SyntaxError);
  });
});
