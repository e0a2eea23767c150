import { phases } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import { waitsForWord } from '../domain/transitions.ts';
import { anotherFleet, startFleet } from '../stages/fleet.fixture.ts';
import { command } from './commands.ts';
import { keepRecord } from './keep-record.ts';
import { compareFound, findMigration, keptBesides, reportFound, viewFound, viewFromAfar } from './read-kept.ts';
import { viewOf } from './view.ts';

/** A migration of one fleet, and another fleet over the same Qdrant. */
async function elsewhere() {
  const on = await startFleet();
  await on.submit();
  await on.settle();
  await keepRecord(on.deps, 'm1');
  return { on, other: anotherFleet(on.deps) };
}

describe('a migration that only Qdrant keeps', () => {
  it('is read by id, name and target, as of when, and with the command that takes it up', async () => {
    const { on, other } = await elsewhere();
    for (const word of ['m1', 'docs', 'docs_v2']) {
      const found = await findMigration(other, word);
      expect(await viewFound(other, found)).toMatchObject({
        ...{ id: 'm1', phase: 'ready', keptAt: on.clock.now().toISOString(), possible: [] },
        next: expect.stringContaining('`reembed adopt docs_v2`'),
      });
      expect(await reportFound(other, found)).toMatchObject({ migration: { id: 'm1', phase: 'ready' } });
    }
    expect(await other.migrations.list()).toEqual([]);
  });

  it('is listed beside those that are known, which are listed once', async () => {
    const { on, other } = await elsewhere();
    expect(await keptBesides(other, [])).toMatchObject([{ id: 'm1', keptAt: expect.any(String) }]);
    expect(await keptBesides(on.deps, [await on.load()])).toEqual([]);
    expect((await viewFound(on.deps, await findMigration(on.deps, 'm1'))).keptAt).toBeUndefined();
  });

  it('says what it came to where it has ended', async () => {
    const { on, other } = await elsewhere();
    await command(on.deps, 'm1', 'cancel');
    await on.settle();
    await keepRecord(on.deps, 'm1');
    const { phase, next } = await viewFound(other, await findMigration(other, 'm1'));
    expect([phase, next]).toEqual(['cancelled', expect.stringContaining('`reembed discard m1 --confirm docs_v2`')]);
  });

  it('is said to go on only as far as can be known where no coordinator answers: when it last moved, and what has to run', async () => {
    const on = await startFleet();
    await on.submit();
    for (const phase of phases) {
      const record = { at: on.clock.now().toISOString(), view: { ...(await viewOf(on.deps, await on.load())), phase } };
      const owner = { id: 'fleet 1', name: 'laptop', aliveAt: '2026-01-01T00:00:07.000Z', releasedAt: null, endsWith: null };
      const { next, keptAt, bound } = viewFromAfar(record, owner);
      expect([keptAt, bound]).toEqual([record.at, null]);
      if (waitsForWord(phase)) expect(next).toBe(record.view.next);
      else {
        expect(next).toContain(
          `it last moved at ${record.view.updatedAt}, and its fleet is laptop, last alive at 2026-01-01T00:00:07.000Z`,
        );
        expect(next).toMatch(
          /a coordinator and a worker of that fleet run, with its Redis: .*REEMBED_URL.*`reembed adopt docs_v2 --take-over`/,
        );
      }
    }
  });

  it('is compared by what its target says, unless that is of another', async () => {
    const { on, other } = await elsewhere();
    const wanted = { queries: ['text 1'], limit: 3 };
    const asked = async () => compareFound(other, await findMigration(other, 'm1'), wanted);
    // It comes as far as one that is known: to the old model, which this one does not name.
    await expect(asked()).rejects.toMatchObject({ message: expect.stringContaining("what made the source's vector") });
    await on.stores.collections.drop('docs_v2');
    await expect(asked()).rejects.toMatchObject({ code: 'wrong-state', message: expect.stringContaining('is not the target') });
  });

  it('is not found where neither knows it, and is no reason not to list what runs while Qdrant is away', async () => {
    const { other } = await elsewhere();
    await expect(findMigration(other, 'm9')).rejects.toMatchObject({ code: 'not-found' });
    const list = async () => Promise.reject(new ReembedError('qdrant-unreachable', 'away'));
    expect(await keptBesides({ ...other, records: { ...other.records, list } }, [])).toEqual([]);
  });
});
