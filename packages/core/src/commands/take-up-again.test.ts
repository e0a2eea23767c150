import { metadataKeys } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import type { PointText } from '../domain/point.ts';
import { anotherFleet, buildSpec, docs, startFleet } from '../stages/fleet.fixture.ts';
import { runStage } from '../stages/run-stage.ts';
import { adoptTarget } from './adopt.ts';
import { command } from './commands.ts';
import { discard } from './discard.ts';
import { keepRecord } from './keep-record.ts';
import { submit } from './submit.ts';
import { viewOf } from './view.ts';

const gates = { sampledPoints: 0 };
const spec = buildSpec({ gates });
const doc = (n: number, body: string): PointText => ({ ...docs(n)[n - 1], payload: JSON.stringify({ body }) }) as PointText;
const bodies = (points: readonly PointText[]) => points.map(({ payload }) => (JSON.parse(payload) as { body: string }).body).sort();

/** Switched, and rolled back; `live` is what writers do to the target in between. */
async function rolledBack(live: (on: Awaited<ReturnType<typeof startFleet>>) => number = () => 0) {
  const on = await startFleet();
  await on.submit(spec);
  await on.settle();
  await command(on.deps, 'm1', 'switch');
  await on.settle();
  await command(on.deps, 'm1', 'rollback', { loseWrites: live(on) });
  await on.settle();
  expect(await on.load()).toMatchObject({ phase: 'rolled-back' });
  expect(await on.alias()).toBe('docs_v1');
  return on;
}

/** A write that reaches the target in the moment in which the alias goes back, and is in no source. */
function writtenAsItGoesBack({ stores }: Awaited<ReturnType<typeof startFleet>>): number {
  const { pointAlias } = stores.collections;
  stores.collections.pointAlias = async (alias, collection) => {
    await pointAlias(alias, collection);
    if (alias === 'docs' && collection === 'docs_v1') stores.put('docs_v2', [doc(5, 'written while it was live')]);
  };
  return 0;
}

describe('what was rolled back', () => {
  it('is synced, switched and completed by the same spec again, and only what is not stored is embedded', async () => {
    const on = await rolledBack();
    on.stores.put('docs_v1', [doc(2, 'edited'), doc(8, 'new')]);
    on.stores.remove('docs_v1', [{ kind: 'integer', id: '3' }]);
    const asked = on.embedder.requests.length;
    const { how, migration } = await on.submit(spec);
    expect([how, migration.id, migration.phase]).toEqual(['again', 'm2', 'preparing']);
    await on.settle();
    expect(await on.load('m2')).toMatchObject({ phase: 'ready', error: null });
    await command(on.deps, 'm2', 'switch');
    await on.settle();
    expect(bodies(on.stores.pointsOf('docs_v2'))).toEqual(bodies(on.stores.pointsOf('docs_v1')));
    const embedded = on.embedder.requests
      .slice(asked)
      .flat()
      .filter((text) => /^text|edited|new/.test(text));
    expect(embedded.sort()).toEqual(['edited', 'new']);
    expect([(await on.load('m2')).phase, await on.alias()]).toEqual(['observing', 'docs_v2']);
    await command(on.deps, 'm2', 'complete', { confirm: 'docs_v1' });
    await on.settle();
    expect((await on.load('m2')).phase).toBe('completed');
    expect((await on.load('m1')).phase).toBe('rolled-back');
  });

  it('is not taken for running where its target is gone, and a coordinator that slept has made it once more', async () => {
    const on = await rolledBack();
    const metadata = (await on.deps.collections.describe('docs_v2'))?.metadata ?? {};
    await on.deps.collections.drop('docs_v2');
    const phase = { ...(metadata[metadataKeys.phase] as object), phase: 'preparing', number: 1 };
    const asMade = { ...metadata, [metadataKeys.phase]: phase };
    await on.deps.collections.create('docs_v2', { vectors: { '': { size: 4, distance: 'Dot' } }, metadata: asMade });
    await expect(on.submit(spec)).rejects.toThrow(
      /"docs_v2".*belongs to migration m1, .*which has ended: choose another name, or delete it/,
    );
    await discard(on.deps, 'm1', 'docs_v2');
    expect((await on.submit(spec)).how).toBe('created');
  });

  it('may be rolled back and taken up as often as one likes', async () => {
    const on = await rolledBack();
    await on.submit(spec);
    await on.settle();
    await command(on.deps, 'm2', 'switch');
    await on.settle();
    await command(on.deps, 'm2', 'rollback');
    await on.settle();
    expect(await on.submit(spec)).toMatchObject({ how: 'again', migration: { id: 'm3' } });
  });

  it('is taken up with an edited spec, unless that decides the contents', async () => {
    const on = await rolledBack();
    await expect(on.submit(buildSpec({ gates, sync: { hashField: 'h' } }))).rejects.toMatchObject({
      code: 'wrong-state',
      message: expect.stringContaining('sync.hashField'),
    });
    const { migration } = await on.submit(buildSpec({ gates, copy: { pagePoints: 1 } }));
    expect(migration).toMatchObject({ id: 'm2', spec: { copy: { pagePoints: 1 } } });
  });

  it('asks for a word where writes came while the alias went back, which are in no source', async () => {
    const on = await rolledBack(writtenAsItGoesBack);
    expect((await on.load()).rollback).toMatchObject({ writes: expect.any(Number) });
    await expect(on.submit(spec)).rejects.toMatchObject({
      code: 'confirmation-needed',
      message: expect.stringContaining('`reembed adopt docs_v2 --again --overwrite`'),
    });
    expect(await on.state.migrations.load('m2')).toBeNull();
    const { how } = await adoptTarget(on.deps, 'docs_v2', { again: true, overwrite: true });
    expect(how).toBe('again');
    await on.settle();
    await command(on.deps, 'm2', 'switch');
    await on.settle();
    expect(bodies(on.stores.pointsOf('docs_v2'))).toEqual(bodies(on.stores.pointsOf('docs_v1')));
  });

  it('asks nothing again about writes whose loss was agreed to by their number', async () => {
    const on = await rolledBack((fleet) => {
      fleet.stores.put('docs_v2', [doc(9, 'written while it was live')]);
      return 1;
    });
    expect(await adoptTarget(on.deps, 'docs_v2', { again: true })).toMatchObject({ how: 'again' });
    await on.settle();
    expect(bodies(on.stores.pointsOf('docs_v2'))).toEqual(bodies(on.stores.pointsOf('docs_v1')));
  });

  it('asks for that word also where nobody knows any more what was written', async () => {
    const on = await rolledBack();
    const records = { ...on.deps.records, load: async () => null };
    const others = { ...anotherFleet(on.deps), records };
    await expect(submit(others, spec)).rejects.toMatchObject({ code: 'confirmation-needed' });
    expect(await adoptTarget(others, 'docs_v2', { again: true, overwrite: true })).toMatchObject({ how: 'again' });
  });

  it.each(['with its record', 'without'])('asks for that word also after a fleet has adopted it %s', async (how) => {
    const on = await rolledBack(writtenAsItGoesBack);
    if (how === 'with its record') await keepRecord(on.deps, 'm1');
    const others = anotherFleet(on.deps);
    const { migration } = await adoptTarget(others, 'docs_v2');
    expect(migration.phase).toBe('rolled-back');
    expect((await viewOf(others, migration)).next).toContain('`reembed adopt docs_v2 --again --overwrite`');
    for (const again of [submit(others, spec), adoptTarget(others, 'docs_v2', { again: true })])
      await expect(again).rejects.toMatchObject({ code: 'confirmation-needed' });
  });

  it('needs no word after a fleet has adopted it with a record that says nothing was written', async () => {
    const on = await rolledBack();
    await keepRecord(on.deps, 'm1');
    const others = anotherFleet(on.deps);
    const { migration } = await adoptTarget(others, 'docs_v2');
    await runStage(others, { migrationId: 'm1', phaseNumber: migration.phaseNumber }, new AbortController().signal);
    expect(await submit(others, spec)).toMatchObject({ how: 'again' });
  });

  it('is claimed once: the target tells of the new migration, and the one before can do nothing to it', async () => {
    const on = await rolledBack();
    await on.submit(spec);
    await on.until('syncing', 'm2');
    const { metadata } = (await on.stores.collections.describe('docs_v2')) ?? {};
    expect(metadata).toMatchObject({ [metadataKeys.migration]: { id: 'm2' } });
    await expect(adoptTarget(on.deps, 'docs_v2', { again: true })).rejects.toMatchObject({ code: 'wrong-state' });
    expect(await on.submit(spec)).toMatchObject({ how: 'running', migration: { id: 'm2' } });
  });

  it('is not mixed with the vectors of a model that has changed behind its name', async () => {
    const on = await rolledBack();
    const info = await on.stores.collections.describe('docs_v2');
    const stored = info?.metadata[metadataKeys.migration] as { witness: { new: { vectors: string[] } } };
    const [first = '', ...rest] = stored.witness.new.vectors;
    const vectors = [...rest, first];
    const witness = { new: { ...stored.witness.new, vectors } };
    await on.stores.collections.patch('docs_v2', { metadata: { [metadataKeys.migration]: { ...stored, witness } } });
    await on.submit(spec);
    await on.settle();
    expect(await on.load('m2')).toMatchObject({ phase: 'failed', error: { code: 'model-changed' } });
    const { metadata } = (await on.stores.collections.describe('docs_v2')) ?? {};
    expect(metadata).toMatchObject({ [metadataKeys.migration]: { id: 'm1' } });
  });
});
