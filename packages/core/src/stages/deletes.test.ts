import { expect, it } from 'vitest';
import { deleteVanished } from './deletes.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

const pass = { number: 1, kind: 'sync', sourcePoints: 1, startedAt: '2026-01-01T00:00:00.000Z' } as const;

it('asks before it has looked up, or holds, everything that a source lost', async () => {
  const on = await startFleet({ points: docs(40) });
  await on.submit(buildSpec());
  await on.until('copying');
  const all = 200_000;
  let looked = 0;
  const listed = async (_id: string, _pass: number, from: number, limit: number) => {
    looked = from + limit;
    return Array.from({ length: Math.max(0, Math.min(limit, all - from)) }, (_, at) => {
      return { kind: 'extra' as const, id: { kind: 'integer' as const, id: String(1_000_000 + from + at) } };
    });
  };
  const summary: typeof on.deps.ranges.summary = async (id, number) => {
    return { ...(await on.deps.ranges.summary(id, number)), findings: [{ kind: 'extra', count: all, ids: [] }] };
  };
  const deps = { ...on.deps, ranges: { ...on.deps.ranges, listed, summary }, points: { ...on.deps.points, retrieve: async () => [] } };
  const refused = deleteVanished(deps, await on.load(), pass);
  await expect(refused).rejects.toThrow(/5000 and more, at most 200000, points .* --allow-deletes 200000`/);
  expect(looked).toBeLessThan(10_000);
});
