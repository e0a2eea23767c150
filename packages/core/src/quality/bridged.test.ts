import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bridged } from './bridged.ts';

const hits = (ids: string) => [...ids].map((id) => ({ id: { kind: 'integer' as const, id } }));
const idsOf = (found: readonly { id: { id: string } }[]) => found.map(({ id }) => id.id).join('');

describe('the bridge', () => {
  it.each([
    ['nobody is filled: the old list', '12345', '', '12345'],
    ['everybody is: that of the new vector', '12345', '54321', '54321'],
    ['some are: they change places among themselves, and the others keep theirs', '12345', '42', '14325'],
    ['what the second search alone has found was written in between', '123', '931', '321'],
    ['nothing is found', '', '', ''],
    ['nothing but what came in between', '', '1', ''],
  ])('where %s', (_, old, fresh, found) => {
    expect(idsOf(bridged(hits(old), hits(fresh)))).toBe(found);
  });

  it('holds every candidate once, whoever of them is filled, and leaves those that are not where the old vector has them', () => {
    const candidates = fc.uniqueArray(fc.nat(50), { maxLength: 30 }).map((ids) => ids.map(String));
    const cases = candidates.chain((old) => fc.tuple(fc.constant(old), fc.shuffledSubarray(old)));
    fc.assert(
      fc.property(cases, ([old, fresh]) => {
        const as = (ids: readonly string[]) => ids.map((id) => ({ id: { kind: 'integer' as const, id } }));
        const found = bridged(as(old), as(fresh)).map(({ id }) => id.id);
        expect([...found].sort()).toEqual([...old].sort());
        expect(found.filter((id) => fresh.includes(id))).toEqual(fresh);
        for (const [at, id] of old.entries()) if (!fresh.includes(id)) expect(found[at]).toBe(id);
      }),
    );
  });
});
