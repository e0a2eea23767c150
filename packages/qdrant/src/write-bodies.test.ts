import type { PointText } from '@reembed/core';
import { anyCharacter } from '@reembed/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBodyBuffers, upsertBody } from './write-bodies.ts';

const anyVector = fc.oneof(
  fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })).map((numbers) => JSON.stringify(numbers)),
  fc.string({ unit: anyCharacter }).map((text) => JSON.stringify({ text, model: 'qdrant/bm25' })),
);
const anyPoint: fc.Arbitrary<PointText> = fc.record({
  id: fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((id) => ({ kind: 'integer' as const, id: String(id) })),
    fc.uuid().map((id) => ({ kind: 'uuid' as const, id })),
  ),
  payload: fc
    .dictionary(fc.string({ unit: anyCharacter }), fc.jsonValue({ stringUnit: anyCharacter }))
    .map((payload) => JSON.stringify(payload)),
  vectors: fc.dictionary(fc.string({ unit: anyCharacter }), anyVector, { noNullPrototype: true }),
});

describe('upsertBody', () => {
  it('passes ids, payloads and vectors on as they came', () => {
    const points = [
      { id: { kind: 'integer', id: '9223372036854775809' }, payload: '{"n":1.0}', vectors: { '': '[1.0,2.0]', 'a"b': '[3.0]' } },
      { id: { kind: 'uuid', id: 'aaaaaaaa-0000-4000-8000-000000000001' }, payload: '{}', vectors: {} },
    ] as const;
    expect(upsertBody(points, 'insertOnly').toString()).toBe(
      '{"points":[{"id":9223372036854775809,"payload":{"n":1.0},"vector":{"":[1.0,2.0],"a\\"b":[3.0]}},' +
        '{"id":"aaaaaaaa-0000-4000-8000-000000000001","payload":{},"vector":{}}],' +
        '"update_mode":"insert_only","update_filter":{"must":[{"has_id":[]}]}}',
    );
  });

  it('is the UTF-8 of its parts, whatever characters they hold', () => {
    fc.assert(
      fc.property(fc.array(anyPoint, { maxLength: 5 }), (points) => {
        const parts = points.map(({ id, payload, vectors }) => {
          const named = Object.entries(vectors).map(([name, vector]) => `${JSON.stringify(name)}:${vector}`);
          return `{"id":${id.kind === 'integer' ? id.id : `"${id.id}"`},"payload":${payload},"vector":{${named.join(',')}}}`;
        });
        const body = upsertBody(points, 'insertOnly').toString();
        expect(body).toBe(
          Buffer.from(`{"points":[${parts.join(',')}],"update_mode":"insert_only","update_filter":{"must":[{"has_id":[]}]}}`).toString(),
        );
      }),
    );
  });
});

describe('body buffers', () => {
  it('lends a buffer again only when it was given back', () => {
    const buffers = createBodyBuffers();
    const first = buffers.take(1_000);
    const second = buffers.take(1_000);
    expect(second).not.toBe(first);
    buffers.giveBack(first);
    expect(buffers.take(1_000)).toBe(first);
  });

  it('lends one with room enough, whatever was given back', () => {
    const buffers = createBodyBuffers();
    buffers.giveBack(buffers.take(1_000));
    expect(buffers.take(10_000_000).length).toBeGreaterThanOrEqual(10_000_000);
  });

  it('keeps no buffer of an exceptionally long page', () => {
    const buffers = createBodyBuffers();
    const long = buffers.take(100_000_000);
    buffers.giveBack(long);
    expect(buffers.take(1_000)).not.toBe(long);
  });
});
