import type { PointId } from '@reembed/contracts';
import { comparePointIds } from '@reembed/core';
import { expect, it } from 'vitest';
import { pointIdKey, pointIdOfKey } from './point-id-key.ts';

const ids: PointId[] = [
  ...['0', '7', '9', '10', '99', '100', '9007199254740993', '9223372036854775809', '18446744073709551615'].map(
    (id): PointId => ({ kind: 'integer', id }),
  ),
  ...['00000000-0000-0000-0000-000000000000', '0a000000-0000-4000-8000-000000000000', 'ffffffff-ffff-4fff-bfff-ffffffffffff'].map(
    (id): PointId => ({ kind: 'uuid', id }),
  ),
];

it('sorts as Qdrant scrolls, and reads back what it wrote', () => {
  const keys = ids.map(pointIdKey);
  expect(keys.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(ids.toSorted(comparePointIds).map(pointIdKey));
  expect(keys.map(pointIdOfKey)).toEqual(ids);
});
