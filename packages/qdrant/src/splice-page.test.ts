import type { PointId } from '@reembed/contracts';
import { comparePointIds, type WrittenPoint } from '@reembed/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splicePage } from './splice-page.ts';
import { createWireWriter, type WireWriter } from './wire-writer.ts';
import { writePayload } from './write-payload.ts';
import { upsertRequest, writeId, writeVectors } from './write-points.ts';

const integer = (id: number | bigint): PointId => ({ kind: 'integer', id: String(id) });

/** A ScrollResponse as a server makes it. `more`: fields of the last point besides. */
function answer(
  points: readonly WrittenPoint[],
  next: PointId | null = null,
  more: (writer: WireWriter) => void = () => undefined,
): Buffer {
  const writer = createWireWriter();
  if (next !== null) writeId(writer, 1, next);
  for (const [at, { id, payload, vectors }] of points.entries())
    writer.nested(2, () => {
      writeId(writer, 1, id);
      writePayload(writer, 2, payload);
      writeVectors(writer, 4, vectors);
      if (at === points.length - 1) more(writer);
    });
  writer.double(3, 0.001);
  return writer.finish();
}

/** The points of an upsert of these, as it is written where they are known one by one. */
function pointsOf(points: readonly WrittenPoint[]): Buffer {
  const body = upsertRequest('', points, 'updateOnly');
  // Before them: an empty name and `wait`; behind them: the mode.
  return Buffer.from(body?.subarray(4, body.length - 2) ?? []);
}

const point = (id: PointId, payload = '{"a":1}', vectors: WrittenPoint['vectors'] = { '': Float32Array.of(1, 2) }): WrittenPoint => ({
  id,
  payload,
  vectors,
});

const anyFloat = fc.float({ noNaN: true, noDefaultInfinity: true });
const anyVector = fc.array(anyFloat, { minLength: 1, maxLength: 4 }).map((row) => Float32Array.from(row));
const anyPayload = fc
  .jsonValue({ maxDepth: 4 })
  .map((value) => JSON.stringify({ value, other: 1 }))
  // Floats that are spelled as integers too large for a Value.
  .filter((json) => !/\d{18,}/.test(json));
const anyId = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(integer),
  fc.uuid().map((id): PointId => ({ kind: 'uuid', id })),
);
const anyPoint: fc.Arbitrary<WrittenPoint> = fc.record({
  id: anyId,
  payload: anyPayload,
  vectors: fc.dictionary(fc.constantFrom('', 'named', '语', '__proto__x'), anyVector),
});

describe('a spliced page', () => {
  it('is what an upsert of its points would be, byte by byte', () => {
    fc.assert(
      fc.property(fc.array(anyPoint, { maxLength: 5 }), fc.option(anyId), (points, next) => {
        const page = splicePage(answer(points, next), null);
        fc.pre(page !== null);
        expect(Buffer.from(page.bytes)).toEqual(pointsOf(points));
        expect(page.ids).toEqual(points.map(({ id }) => id));
        expect(page.next).toEqual(next);
      }),
    );
  });

  it('ends before the end of its range', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyId, { selector: ({ id }) => id, maxLength: 6 }), anyId, anyId, (unsorted, end, next) => {
        const ids = unsorted.sort(comparePointIds);
        const inside = ids.filter((id) => comparePointIds(id, end) < 0);
        const page = splicePage(
          answer(
            ids.map((id) => point(id)),
            next,
          ),
          end,
        );
        expect(page?.ids).toEqual(inside);
        expect(Buffer.from(page?.bytes ?? [])).toEqual(pointsOf(inside.map((id) => point(id))));
        expect(page?.next).toEqual(comparePointIds(next, end) < 0 ? next : null);
      }),
    );
  });

  it.each([
    ['a float at 2^63, which may be an integer', '{"n":9223372036854775808.0}'],
    ['one at 2^64', '{"n":1.8446744073709552e19}'],
    ['one deep inside', '{"a":[{"b":[1,{"n":12345678901234567000.0}]}]}'],
  ])('is none where a payload holds %s', (_, payload) => {
    expect(splicePage(answer([point(integer(1)), point(integer(2), payload)]), null)).toBeNull();
  });

  it('is none wherever in a payload such a float is, and whatever stands beside it', () => {
    const beside = fc.array(fc.constantFrom('1', '1.5', '"a"', 'null', '[2.5]', '{"b":1}', '{}'), { maxLength: 2 });
    const around = fc.record({ isList: fc.boolean(), before: beside, after: beside });
    fc.assert(
      fc.property(fc.array(around, { minLength: 1, maxLength: 6 }), (steps) => {
        const within = (number: string) =>
          steps.reduce((inner, { isList, before, after }) => {
            const items = [...before, inner, ...after];
            return isList ? `[${items.join()}]` : `{${items.map((item, at) => `"k${at}":${item}`).join()}}`;
          }, number);
        const page = (number: string) => splicePage(answer([point(integer(1), `{"a":${within(number)},"z":1}`), point(integer(2))]), null);
        expect(page('18446744073709551616.0')).toBeNull();
        expect(page('1.5')?.ids).toEqual([integer(1), integer(2)]);
      }),
    );
  });

  it('is none wherever among the numbers of its vectors one is none', () => {
    const row = fc.array(fc.constantFrom(0, 1, -2.5, 3e38), { minLength: 1, maxLength: 5 });
    const vector = fc.oneof(
      row.map((numbers) => Float32Array.from(numbers)),
      row.map((values) => JSON.stringify({ indices: values.map((_, at) => at), values })),
      fc.array(row, { minLength: 1, maxLength: 3 }).map((rows) => JSON.stringify(rows)),
    );
    const points = fc.array(fc.dictionary(fc.constantFrom('', 'a', 'b'), vector, { minKeys: 1 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        points,
        fc.nat(),
        fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
        (given, which, odd) => {
          const page = answer(given.map((vectors, at) => point(integer(at), '{}', vectors)));
          expect(splicePage(Buffer.from(page), null)?.ids).toHaveLength(given.length);
          const huge = Buffer.from(Float32Array.of(3e38).buffer);
          const places = [];
          for (let at = page.indexOf(huge); at !== -1; at = page.indexOf(huge, at + 4)) places.push(at);
          fc.pre(places.length > 0);
          page.writeFloatLE(odd, places[which % places.length]);
          expect(splicePage(page, null)).toBeNull();
        },
      ),
    );
  });

  it.each(['9223372036854775807', '9223372036854774784.0', '3.7e19', '-9223372036854775808.0', '1e300', '5e-324', '-0.0'])(
    'passes %s on',
    (number) => {
      expect(splicePage(answer([point(integer(1), `{"n":${number}}`)]), null)?.ids).toEqual([integer(1)]);
    },
  );

  it('is none where a payload is nested deeper than a server reads', () => {
    const nested = (depth: number) => `{"a":${'['.repeat(depth)}1.5${']'.repeat(depth)}}`;
    expect(splicePage(answer([point(integer(1), nested(20))]), null)).not.toBeNull();
    const writer = createWireWriter();
    const dig = (depth: number): void =>
      writer.nested(7, () => writer.nested(1, () => (depth === 0 ? writer.varint(3, 1) : dig(depth - 1))));
    writer.nested(2, () => {
      writeId(writer, 1, integer(1));
      writer.nested(2, () => {
        writer.text(1, 'a');
        writer.nested(2, () => dig(40));
      });
      writeVectors(writer, 4, { '': Float32Array.of(1) });
    });
    expect(splicePage(writer.finish(), null)).toBeNull();
  });

  const packed = (...numbers: number[]) => new Uint8Array(Float32Array.from(numbers).buffer);
  it.each<[string, (writer: WireWriter, row: Uint8Array) => void]>([
    ['a dense vector', (writer, row) => writer.nested(101, () => writer.bytes(1, row))],
    ['a sparse vector', (writer, row) => writer.nested(102, () => writer.bytes(1, row))],
    ['a row of a multivector', (writer, row) => writer.nested(103, () => writer.nested(1, () => writer.bytes(1, row)))],
    ['a vector of the older layout', (writer, row) => writer.bytes(1, row)],
  ])('is none where %s holds what is no number: REST refuses it by name', (_, write) => {
    const page = (named: boolean, row: Uint8Array) => {
      const writer = createWireWriter();
      writer.nested(2, () => {
        writeId(writer, 1, integer(1));
        writer.nested(4, () => {
          if (!named) return writer.nested(1, () => write(writer, row));
          writer.nested(2, () =>
            writer.nested(1, () => {
              writer.text(1, 'v');
              writer.nested(2, () => write(writer, row));
            }),
          );
        });
      });
      return splicePage(writer.finish(), null);
    };
    for (const named of [true, false]) {
      for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) expect(page(named, packed(1, odd, 2))).toBeNull();
      expect(page(named, packed(1, 3.4028234663852886e38, -1e-45))).not.toBeNull();
    }
  });

  it('is none where a point has no vectors, or a field that is not known here', () => {
    const writer = createWireWriter();
    writer.nested(2, () => writeId(writer, 1, integer(1)));
    expect(splicePage(writer.finish(), null)).toBeNull();
    expect(
      splicePage(
        answer([point(integer(1))], null, (more) => more.nested(5, () => more.text(1, 'shard'))),
        null,
      ),
    ).toBeNull();
    expect(
      splicePage(
        answer([point(integer(1))], null, (more) => more.varint(9, 1)),
        null,
      ),
    ).toBeNull();
  });

  it('of bytes that are cut off or changed is refused or none, and never more points than there are', () => {
    fc.assert(
      fc.property(
        fc.array(anyPoint, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        fc.nat({ max: 255 }),
        fc.boolean(),
        (points, where, byte, cut) => {
          const whole = answer(points);
          const at = where % whole.length;
          const given = cut ? whole.subarray(0, at) : Buffer.from(whole.map((old, i) => (i === at ? byte : old)));
          try {
            expect(splicePage(given, null)?.ids.length ?? 0).toBeLessThanOrEqual(points.length);
          } catch (error) {
            expect(error).toBeInstanceOf(SyntaxError);
          }
        },
      ),
    );
  });
});
