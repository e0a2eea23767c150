import { pointIdSchema } from '@reembed/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePointIds, parsePointId, pointIdToJson } from './point.ts';

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const integer = fc.oneof(u64, fc.bigInt({ min: 0n, max: 200n })).map((value) => ({ kind: 'integer', id: String(value) }) as const);
const uuid = fc.uuid().map((id) => ({ kind: 'uuid', id }) as const);
const anyId = fc.oneof(integer, uuid);
const sign = (n: number | bigint) => (n < 0 ? -1 : n > 0 ? 1 : 0);

describe('comparePointIds', () => {
  it('orders integers by value, past 2^53 too', () => {
    fc.assert(fc.property(integer, integer, (a, b) => sign(comparePointIds(a, b)) === sign(BigInt(a.id) - BigInt(b.id))));
  });

  it('orders UUIDs by their bytes', () => {
    const bytes = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex');
    fc.assert(fc.property(uuid, uuid, (a, b) => sign(comparePointIds(a, b)) === Buffer.compare(bytes(a.id), bytes(b.id))));
  });

  it('puts every integer before every UUID', () => {
    fc.assert(fc.property(integer, uuid, (a, b) => comparePointIds(a, b) < 0 && comparePointIds(b, a) > 0));
  });

  it('is a total order', () => {
    fc.assert(
      fc.property(fc.array(anyId, { minLength: 3, maxLength: 8 }), (ids) => {
        const sorted = ids.toSorted(comparePointIds);
        sorted.slice(1).forEach((id, before) => {
          expect(comparePointIds(sorted[before] ?? id, id)).toBeLessThanOrEqual(0);
        });
        expect(sorted.toReversed().toSorted(comparePointIds)).toEqual(sorted);
      }),
    );
  });
});

describe('parsePointId', () => {
  it('reads back what JSON and people spell', () => {
    fc.assert(
      fc.property(anyId, (id) => {
        expect(parsePointId(id.id)).toEqual(id);
        expect(parsePointId(id.id.toUpperCase())).toEqual(id);
        expect(pointIdToJson(id)).toBe(id.kind === 'integer' ? id.id : JSON.stringify(id.id));
        expect(pointIdSchema.parse(id)).toEqual(id);
      }),
    );
  });

  it.each([
    ['007', { kind: 'integer', id: '7' }],
    ['18446744073709551615', { kind: 'integer', id: '18446744073709551615' }],
    ['550E8400E29B41D4A716446655440000', { kind: 'uuid', id: '550e8400-e29b-41d4-a716-446655440000' }],
    ['urn:uuid:550e8400-e29b-41d4-a716-446655440000', { kind: 'uuid', id: '550e8400-e29b-41d4-a716-446655440000' }],
  ])('reads %s', (text, id) => {
    expect(parsePointId(text)).toEqual(id);
  });

  it.each(['', '-1', '1.0', '1e3', ' 7', '18446744073709551616', '550e8400', 'zzzzzzzz-e29b-41d4-a716-446655440000'])(
    'refuses "%s"',
    (text) => {
      expect(parsePointId(text)).toBeNull();
    },
  );
});
