import { expect, it } from 'vitest';
import type { Operation } from './operations.ts';
import { pointsOf, writtenPoints } from './written-points.ts';

const filter = { must: [{ key: 'lang', match: { value: 'de' } }] };
const uuid = '0b8f1c5e-6a3b-4a1c-9c1d-2f6f9a1d2e3f';

it.each<[Operation, string, string[], number]>([
  [
    'upsert',
    '{"points":[{"vector":[1],"id":18446744073709551615,"payload":{"id":5,"points":[6]}},{"id":2}]}',
    ['18446744073709551615', '2'],
    0,
  ],
  ['upsert', `{"batch":{"ids":[1,"${uuid.toUpperCase()}"],"vectors":[[1],[2]]}}`, ['1', uuid], 0],
  ['update_vectors', '{"points":[{"id":3,"vector":{"x":[1]}}]}', ['3'], 0],
  ['delete', '{"points":[1,2]}', ['1', '2'], 0],
  ['delete', JSON.stringify({ filter }), [], 1],
  ['set_payload', JSON.stringify({ payload: { filter: 1, points: [9] }, points: [1] }), ['1'], 0],
  ['overwrite_payload', JSON.stringify({ payload: {}, filter }), [], 1],
  ['delete_payload', '{"keys":["a"],"points":[4]}', ['4'], 0],
  ['clear_payload', '{"points":[4]}', ['4'], 0],
  ['delete_vectors', JSON.stringify({ points: [4], filter, vector: ['x'] }), ['4'], 1],
  [
    'batch',
    JSON.stringify({ operations: [{ upsert: { points: [{ id: 1 }] } }, { delete: { filter } }, { clear_payload: { points: [2] } }] }),
    ['1', '2'],
    1,
  ],
])('the points of %s %s are read off its body', (operation, body, ids, filters) => {
  const written = writtenPoints(operation, body);
  expect(written.ids.map(({ id }) => id)).toEqual(ids);
  expect(written.filters).toEqual(Array.from({ length: filters }, () => filter));
});

it('a filter means the points that match before the write, and more than a thousand are left to sync', async () => {
  const ids = [{ kind: 'integer', id: '7' } as const];
  const scrolls = (next: (typeof ids)[0] | null) => ({ scrollIds: async () => ({ ids, next }) });
  const body = JSON.stringify({ points: [1], filter });
  expect(await pointsOf(scrolls(null), 'docs_v1', 'set_payload', body)).toEqual([{ kind: 'integer', id: '1' }, ...ids]);
  expect(await pointsOf(scrolls(ids[0] ?? null), 'docs_v1', 'set_payload', body)).toBeNull();
});
