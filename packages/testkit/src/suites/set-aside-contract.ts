import type { PointId } from '@reembed/contracts';
import type { SetAside, SetAsideEntry } from '@reembed/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { integerId as integer, newId } from '../builders/build-documents.ts';

const uuid = (hex: string): PointId => ({ kind: 'uuid', id: `${hex.repeat(8)}-0000-4000-8000-000000000000` });

/** The promises of SetAside, for every store that keeps one. `make` answers a store and how to end it. */
export function runSetAsideContract(name: string, make: () => Promise<{ readonly setAside: SetAside } & AsyncDisposable>): void {
  describe(`points set aside in ${name}`, () => setAsidePromises(make));
}

function setAsidePromises(make: () => Promise<{ readonly setAside: SetAside } & AsyncDisposable>): void {
  let made: { readonly setAside: SetAside } & AsyncDisposable;
  beforeAll(async () => {
    made = await make();
  });
  afterAll(async () => {
    await made[Symbol.asyncDispose]();
  });
  const of = () => made.setAside;

  const entry = (id: PointId, reason = 'too long'): SetAsideEntry => ({
    id,
    vector: '',
    code: 'text-too-long',
    reason,
    payloadHash: `hash of ${reason}`,
  });

  it('keeps one entry a point, the newest', async () => {
    const id = newId();
    await of().put(id, [entry(integer(1)), entry(integer(2))]);
    await of().put(id, [entry(integer(2), 'still too long')]);
    expect(await of().count(id)).toEqual({ open: 2, accepted: 0 });
    expect(await of().among(id, [integer(2), integer(3)])).toEqual([{ ...entry(integer(2), 'still too long'), accepted: false }]);
    await of().remove(id, [integer(1), integer(9)]);
    expect(await of().count(id)).toEqual({ open: 1, accepted: 0 });
    expect(await of().among(id, [])).toEqual([]);
    await of().clear(id);
    expect(await of().count(id)).toEqual({ open: 0, accepted: 0 });
  });

  it('knows of nothing where nothing was ever set aside', async () => {
    const id = newId();
    expect(await of().count(id)).toEqual({ open: 0, accepted: 0 });
    expect(await of().page(id, null, 10)).toEqual({ entries: [], next: null });
    expect(await of().among(id, [integer(1)])).toEqual([]);
    await of().remove(id, [integer(1)]);
    await of().retry(id, { all: true });
    await of().accept(id, { code: 'text-too-long' });
    await of().clear(id);
  });

  it('accepts and forgets by ids, by code, and all', async () => {
    const id = newId();
    await of().put(id, [entry(integer(1)), entry(integer(2)), { ...entry(uuid('a')), code: 'text-missing' }]);
    await of().accept(id, { ids: [integer(1), integer(9)] });
    expect(await of().count(id)).toEqual({ open: 2, accepted: 1 });
    await of().accept(id, { code: 'text-missing' });
    expect(await of().count(id)).toEqual({ open: 1, accepted: 2 });
    await of().retry(id, { code: 'text-missing' });
    expect(await of().among(id, [uuid('a')])).toEqual([]);
    await of().accept(id, { all: true });
    expect(await of().count(id)).toEqual({ open: 0, accepted: 2 });
    // The same failure again is the one that was accepted; one of another payload is not.
    await of().put(id, [entry(integer(2))]);
    expect(await of().count(id)).toEqual({ open: 0, accepted: 2 });
    await of().put(id, [entry(integer(1), 'again')]);
    expect(await of().count(id)).toEqual({ open: 1, accepted: 1 });
    await of().retry(id, { all: true });
    expect(await of().count(id)).toEqual({ open: 0, accepted: 0 });
    await of().clear(id);
  });

  it('pages through them in scroll order', async () => {
    const id = newId();
    const points = [integer(2), integer(10), integer(9), uuid('a'), integer('18446744073709551615'), uuid('0')];
    await of().put(
      id,
      points.map((point) => entry(point)),
    );
    const seen: PointId[] = [];
    for (let cursor: string | null = null; ; ) {
      const { entries, next } = await of().page(id, cursor, 2);
      seen.push(...entries.map((found) => found.id));
      if (next === null) break;
      cursor = next;
    }
    await of().clear(id);
    expect(seen).toEqual([integer(2), integer(9), integer(10), integer('18446744073709551615'), uuid('0'), uuid('a')]);
  });
}
