import { expect, it } from 'vitest';
import { pointIdSchema } from './points.ts';

it.each([
  [{ kind: 'integer', id: '0' }, true],
  [{ kind: 'integer', id: '18446744073709551615' }, true],
  [{ kind: 'uuid', id: '550e8400-e29b-41d4-a716-446655440000' }, true],
  [{ kind: 'integer', id: 7 }, false],
  [{ kind: 'integer', id: '007' }, false],
  [{ kind: 'integer', id: '-1' }, false],
  [{ kind: 'integer', id: '550e8400-e29b-41d4-a716-446655440000' }, false],
  [{ kind: 'uuid', id: '550E8400-E29B-41D4-A716-446655440000' }, false],
  [{ kind: 'uuid', id: '7' }, false],
  [{ kind: 'integer', id: '1', more: 1 }, false],
])('of %j it says %s', (id, valid) => {
  expect(pointIdSchema.safeParse(id).success).toBe(valid);
});
