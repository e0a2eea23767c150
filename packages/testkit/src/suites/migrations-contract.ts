import type { Migrations } from '@reembed/core';
import { expect, it } from 'vitest';
import { buildMigration, newId } from '../builders/build-documents.ts';

export function migrationPromises(of: () => Migrations): void {
  it('loads what was inserted, exactly', async () => {
    const migration = buildMigration();
    expect(await of().insert(migration)).toEqual({ kind: 'inserted' });
    expect(await of().load(migration.id)).toEqual(migration);
    expect(await of().load('unknown')).toBeNull();
  });

  it('lists the newest first', async () => {
    const older = buildMigration({ createdAt: '2030-01-01T00:00:00.000Z' });
    const newer = buildMigration({ createdAt: '2030-01-01T00:00:00.001Z' });
    for (const migration of [newer, older]) await of().insert(migration);
    const ids = (await of().list()).map((migration) => migration.id);
    expect(ids.indexOf(newer.id)).toBeLessThan(ids.indexOf(older.id));
    expect(ids).toHaveLength(new Set(ids).size);
  });

  it.each(['target', 'alias'] as const)('refuses a second migration on the same %s, whole, and allows it after release', async (what) => {
    const name = newId();
    const first = buildMigration({ [what]: name });
    const second = buildMigration({ [what]: name });
    await of().insert(first);
    expect(await of().insert(second)).toEqual({ kind: 'taken', what, by: first.id });
    expect(await of().load(second.id)).toBeNull();
    // Nothing of the refused one was claimed: its other name is free.
    const other = what === 'target' ? { alias: second.spec.target.alias } : { target: second.spec.target.collection };
    expect(await of().insert(buildMigration(other))).toEqual({ kind: 'inserted' });
    await of().release(first.id);
    expect(await of().insert(buildMigration({ [what]: name }))).toEqual({ kind: 'inserted' });
  });

  it('lets one of many inserts at once have the target', async () => {
    const target = newId();
    const results = await Promise.all(Array.from({ length: 20 }, () => of().insert(buildMigration({ target }))));
    expect(results.filter((result) => result.kind === 'inserted')).toHaveLength(1);
  });

  it('does not let a late release take away what another migration holds', async () => {
    const target = newId();
    const first = buildMigration({ target });
    const second = buildMigration({ target });
    await of().insert(first);
    await of().release(first.id);
    await of().insert(second);
    await of().release(first.id);
    expect(await of().insert(buildMigration({ target }))).toEqual({ kind: 'taken', what: 'target', by: second.id });
  });

  it('forgets one that was removed, and gives its names away', async () => {
    const [target, alias] = [newId(), newId()];
    const gone = buildMigration({ target, alias });
    await of().insert(gone);
    await of().remove(gone.id);
    await of().remove(gone.id);
    expect(await of().load(gone.id)).toBeNull();
    expect((await of().list()).map(({ id }) => id)).not.toContain(gone.id);
    expect(await of().insert(buildMigration({ target, alias }))).toEqual({ kind: 'inserted' });
  });

  it('answers a repeated idempotency key with the migration it made', async () => {
    const key = `${newId()}: any text, long or short`;
    const first = buildMigration();
    expect(await of().byIdempotencyKey(key)).toBeNull();
    await of().insert(first, { key, fingerprint: 'a' });
    expect(await of().insert(buildMigration(), { key, fingerprint: 'b' })).toEqual({ kind: 'repeated', id: first.id, fingerprint: 'a' });
    expect(await of().byIdempotencyKey(key)).toEqual({ id: first.id, fingerprint: 'a' });
  });

  it('does not remember the idempotency key of a refused insert', async () => {
    const first = buildMigration();
    await of().insert(first);
    const key = newId();
    await of().insert(buildMigration({ target: first.spec.target.collection }), { key, fingerprint: 'a' });
    expect(await of().byIdempotencyKey(key)).toBeNull();
  });

  it('loses none of many updates at once', async () => {
    const migration = buildMigration();
    await of().insert(migration);
    await Promise.all(
      Array.from({ length: 30 }, () => of().update(migration.id, (now) => ({ ...now, lastPassNumber: now.lastPassNumber + 1 }))),
    );
    expect((await of().load(migration.id))?.lastPassNumber).toBe(30);
  });

  it('answers what an update stored, and null where the change declines or there is no migration', async () => {
    const migration = buildMigration();
    await of().insert(migration);
    expect(await of().update(migration.id, (now) => ({ ...now, epoch: 7 }))).toEqual({ ...migration, epoch: 7 });
    expect(await of().update(migration.id, () => null)).toBeNull();
    expect(await of().update('unknown', (now) => now)).toBeNull();
    expect((await of().load(migration.id))?.epoch).toBe(7);
  });
}
