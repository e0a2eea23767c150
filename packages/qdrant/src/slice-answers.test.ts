import type { PointText } from '@reembed/core';
import { anyCharacter } from '@reembed/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slicePoints } from './slice-answers.ts';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const dense = fc.array(finite, { minLength: 1, maxLength: 5 });
const vector = fc.oneof(
  dense,
  fc.array(dense, { minLength: 1, maxLength: 3 }),
  fc.record({ indices: fc.array(fc.nat(), { maxLength: 3 }), values: fc.array(finite, { maxLength: 3 }) }, { noNullPrototype: true }),
);
const vectorName = fc.oneof(fc.string({ unit: anyCharacter }), fc.constantFrom('', '__proto__', 'indices', 'size', ']', '"'));
const anyPoint = fc.record(
  {
    id: fc.oneof(fc.nat(), fc.uuid()),
    version: fc.nat(),
    score: finite,
    payload: fc.option(
      fc.dictionary(fc.string({ unit: anyCharacter }), fc.jsonValue({ stringUnit: anyCharacter }), { noNullPrototype: true }),
    ),
    vector: fc.oneof(
      dense,
      fc.array(dense, { minLength: 1 }),
      fc.dictionary(vectorName, vector, { noNullPrototype: true }),
      fc.constant(null),
    ),
    shard_key: fc.option(fc.oneof(fc.string(), fc.nat())),
    order_value: fc.jsonValue(),
  },
  { requiredKeys: ['id'], noNullPrototype: true },
);

type AnyPoint = { id: number | string; payload?: unknown; vector?: unknown };

/** What slicing must give, by way of JSON.parse. */
function expectedPoint(point: AnyPoint): PointText {
  const { vector } = point;
  const named = Array.isArray(vector) ? [['', vector]] : Object.entries(vector ?? {});
  return {
    id: { kind: typeof point.id === 'number' ? 'integer' : 'uuid', id: String(point.id) },
    payload: JSON.stringify(point.payload ?? {}),
    vectors: Object.fromEntries(named.map(([name, value]) => [name, JSON.stringify(value)])),
  };
}

const shuffled = fc.tuple(anyPoint, fc.infiniteStream(fc.nat())).map(([point, order]) => {
  const keys = Object.entries(point).map((entry) => ({ entry, at: order.next().value as number }));
  return Object.fromEntries(keys.toSorted((a, b) => a.at - b.at).map(({ entry }) => entry)) as AnyPoint;
});

describe('slicePoints', () => {
  it('gives what JSON.parse would, as text, with keys in any order', () => {
    fc.assert(
      fc.property(fc.array(shuffled, { maxLength: 4 }), fc.option(fc.oneof(fc.nat(), fc.uuid())), fc.boolean(), (points, next, first) => {
        const result = first ? { next_page_offset: next, points } : { points, next_page_offset: next };
        const answer = JSON.stringify(first ? { time: 0.1, status: 'ok', result } : { result, status: 'ok', time: 1e-7 });
        expect(slicePoints(answer)).toEqual({
          points: points.map(expectedPoint),
          next: next === null ? null : { kind: typeof next === 'number' ? 'integer' : 'uuid', id: String(next) },
        });
      }),
      { numRuns: 500 },
    );
  });

  it('reads through white space, as a proxy may add', () => {
    fc.assert(
      fc.property(fc.array(shuffled, { maxLength: 3 }), (points) => {
        const { points: sliced } = slicePoints(` ${JSON.stringify({ status: 'ok', result: { points } }, null, 2)}\n`);
        const spaceless = sliced.map(({ id, payload, vectors }) => ({
          id,
          payload: JSON.stringify(JSON.parse(payload)),
          vectors: Object.fromEntries(Object.entries(vectors).map(([name, text]) => [name, JSON.stringify(JSON.parse(text))])),
        }));
        expect(spaceless).toEqual(points.map((point) => expectedPoint(JSON.parse(JSON.stringify(point)) as AnyPoint)));
      }),
    );
  });

  it('reads the bare array of a retrieve', () => {
    expect(slicePoints('{"result":[{"id":1,"payload":{"v":1}}],"status":"ok"}')).toEqual({
      points: [{ id: { kind: 'integer', id: '1' }, payload: '{"v":1}', vectors: {} }],
      next: null,
    });
  });

  it('changes no digit of ids, payloads and vectors', () => {
    const payload = '{"one_f":1.0,"e":1e+30,"big":9007199254740993,"huge":12345678901234567890,"s":"ü 😀 \\" \\\\ \\n]}","empty":{}}';
    const answer = `{"result":{"points":[{"id":18446744073709551615,"payload":${payload},"vector":{"":[0.6,-0.0,1e-07],"s":{"indices":[2,9],"values":[0.25,0.10]},"m":[[1.0,2.0],[3.0,4.0]]}}],"next_page_offset":9223372036854775809},"status":"ok"}`;
    expect(slicePoints(answer)).toEqual({
      points: [
        {
          id: { kind: 'integer', id: '18446744073709551615' },
          payload,
          vectors: { '': '[0.6,-0.0,1e-07]', s: '{"indices":[2,9],"values":[0.25,0.10]}', m: '[[1.0,2.0],[3.0,4.0]]' },
        },
      ],
      next: { kind: 'integer', id: '9223372036854775809' },
    });
  });

  it.each([
    '',
    '<html>',
    'null',
    '{"status":"ok"}',
    '{"result":null}',
    '{"result":{"collections":[]}}',
    '{"result":[{"payload":{}}]}',
    '{"result":[{"id":-1}]}',
    '{"result":[{"id":1,"vector":[1,2',
    '{"result":[{"id":1,"vector":{"a":7}}]}',
    '{"result":{"points":[{"id":1}',
    '{"result":[{"id":1} {"id":2}]}',
  ])('throws SyntaxError on %s', (answer) => {
    expect(() => slicePoints(answer)).toThrow(SyntaxError);
  });
});
