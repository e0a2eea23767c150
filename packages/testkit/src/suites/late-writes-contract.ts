import type { FindingKind, PointId } from '@reembed/contracts';
import { type LateWrites, type Listed, pointIdToJson } from '@reembed/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { integerId as integer, newId } from '../builders/build-documents.ts';

type Made = { readonly lateWrites: LateWrites } & AsyncDisposable;

/** The promises of LateWrites, for every store that keeps them. `make` answers a store and how to end it. */
export function runLateWritesContract(name: string, make: () => Promise<Made>): void {
  describe(`late writes in ${name}`, () => lateWritePromises(make));
}

function lateWritePromises(make: () => Promise<Made>): void {
  let made: Made;
  beforeAll(async () => {
    made = await make();
  });
  afterAll(async () => {
    await made[Symbol.asyncDispose]();
  });
  const of = () => made.lateWrites;
  const late = (kind: FindingKind, id: PointId): Listed => ({ kind, id });
  const uuid: PointId = { kind: 'uuid', id: 'aaaaaaaa-0000-4000-8000-000000000000' };
  const inOrder = (all: readonly Listed[]) => all.map(({ kind, id }) => `${kind} ${pointIdToJson(id)}`).sort();

  async function everything(id: string, limit: number): Promise<Listed[]> {
    const found: Listed[] = [];
    for (let page = await of().page(id, null, limit); ; page = await of().page(id, page.next, limit)) {
      found.push(...page.lateWrites);
      expect(page.lateWrites.length).toBeLessThanOrEqual(limit);
      if (page.next === null) return found;
    }
  }

  it('keeps each once, whatever its point is called and however often it is put, and pages through all', async () => {
    const id = newId();
    const all = [
      ...[1, 2, '18446744073709551615'].map((point) => late('missing', integer(point))),
      late('payload-differs', integer(2)),
      late('missing', uuid),
    ];
    await of().put(id, all.slice(0, 3));
    await of().put(id, all);
    for (const limit of [2, 5, 100]) expect(inOrder(await everything(id, limit))).toEqual(inOrder(all));
    expect([await of().count(id, 'missing'), await of().count(id, 'payload-differs'), await of().count(id, 'extra')]).toEqual([4, 1, 0]);
    await of().clear(id);
    expect(await everything(id, 10)).toEqual([]);
  });

  it('knows of nothing where nothing came late', async () => {
    const id = newId();
    await of().put(id, []);
    expect(await of().page(id, null, 10)).toEqual({ lateWrites: [], next: null });
    expect(await of().count(id, 'missing')).toBe(0);
    await of().clear(id);
  });
}
