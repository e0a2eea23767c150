import { createHash } from 'node:crypto';
import type { MigrationRecord } from '@reembed/contracts';
import type { Records } from '@reembed/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../builders/build-documents.ts';
import { buildRecord } from '../builders/build-record.ts';

type Made = { readonly records: Records } & AsyncDisposable;

/** The promises of Records, for every store that keeps them. `make` answers a store and how to end it. */
export function runRecordsContract(name: string, make: () => Promise<Made>): void {
  describe(`records of migrations in ${name}`, () => recordPromises(make));
}

function recordPromises(make: () => Promise<Made>): void {
  let made: Made;
  beforeAll(async () => {
    made = await make();
  });
  afterAll(async () => {
    await made[Symbol.asyncDispose]();
  });
  const of = () => made.records;
  const record = (id: string, phaseNumber: number, change: Partial<MigrationRecord['view']> = {}) =>
    buildRecord({ id, phaseNumber, name: `phase ${phaseNumber}`, ...change });

  it('keeps the whole of what it is given, and nothing of a migration that nobody has told of', async () => {
    const id = newId();
    expect(await of().load(id)).toBeNull();
    await of().forget(id);
    await of().keep(record(id, 3));
    expect(await of().load(id)).toEqual(record(id, 3));
    await of().forget(id);
    expect(await of().load(id)).toBeNull();
  });

  it('is changed by a later phase and by the same one, never by one before', async () => {
    const id = newId();
    await of().keep(record(id, 9));
    await of().keep(record(id, 10, { name: 'first' }));
    await of().keep(record(id, 10, { name: 'second' }));
    await of().keep(record(id, 9, { name: 'asleep until now' }));
    expect(await of().load(id)).toMatchObject({ view: { phaseNumber: 10, name: 'second' } });
    await of().forget(id);
  });

  it('keeps long texts whole by what they hash to, and none that is damaged or forgotten', async () => {
    const id = newId();
    const text = JSON.stringify({ queries: '🧺'.repeat(600_000) });
    const sha256 = createHash('sha256').update(text).digest('hex');
    expect(await of().text(id, sha256)).toBeNull();
    for (let time = 0; time < 2; time++) await of().keepText(id, sha256, text);
    expect((await of().text(id, sha256)) === text).toBe(true);
    expect(await of().text(id, 'a'.repeat(64))).toBeNull();
    expect(await of().text(newId(), sha256)).toBeNull();
    await of().forget(id);
    expect(await of().text(id, sha256)).toBeNull();
  });

  it('lists all, newest first, without their reports', async () => {
    const days = ['2026-01-02', '2026-01-03', '2026-01-01'];
    const ids = days.map(newId);
    for (const [at, id] of ids.entries()) await of().keep(record(id, 1, { createdAt: `${days[at]}T00:00:00.000Z` }));
    const listed = (await of().list()).filter(({ view }) => ids.includes(view.id));
    expect(listed.map(({ view }) => ids.indexOf(view.id))).toEqual([1, 0, 2]);
    expect(listed[0]).not.toHaveProperty('report');
    for (const id of ids) await of().forget(id);
  });
}
