import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import { buildSpec, startFleet } from '../stages/fleet.fixture.ts';
import { adoptTarget } from './adopt.ts';
import { carriedOver } from './carried-over.ts';
import { command } from './commands.ts';
import { keepRecord, workOnStage } from './keep-record.ts';

type OnFleet = Awaited<ReturnType<typeof startFleet>>;
const { signal } = new AbortController();

/** A fleet whose migration waits to be switched, with its record kept. */
async function ready(): Promise<OnFleet> {
  const on = await startFleet();
  await on.submit(buildSpec({ vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } } }));
  await on.settle();
  await keepRecord(on.deps, 'm1');
  return on;
}

const kept = async (on: OnFleet) => (await on.deps.records.load('m1'))?.view;

async function switched(): Promise<OnFleet> {
  const on = await ready();
  await command(on.deps, 'm1', 'switch');
  await on.settle();
  await keepRecord(on.deps, 'm1');
  return on;
}

describe('the record of a migration', () => {
  it('tells of phases, counts, cost and gates when Redis is gone', async () => {
    const on = await ready();
    on.loseRedis();
    const record = await on.deps.records.load('m1');
    expect(record?.view).toMatchObject({ phase: 'ready', progress: { texts: 7 }, gates: { fidelity: { verdict: 'pass' } } });
    expect(record?.report.phases.map(({ phase }) => phase)).toEqual(['preparing', 'copying', 'indexing', 'verifying', 'ready']);
    expect(record?.report.gates?.fidelity.checks.length).toBeGreaterThan(0);
  });

  it('still names the old collection once that is deleted', async () => {
    const on = await switched();
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await on.settle();
    await keepRecord(on.deps, 'm1');
    const record = await on.deps.records.load('m1');
    expect(record?.view.phase).toBe('completed');
    expect(record?.report).toMatchObject({ collections: { old: { vectors: {} } }, oldVectors: [{ name: '', model: null }] });
    expect(await on.deps.collections.describe('docs_v1')).toBeNull();
  });

  it('is kept with every phase, and every ten seconds within one', async () => {
    const on = await ready();
    await on.state.migrations.update('m1', (now) => ({ ...now, waiting: { kind: 'worker', reason: 'for tea', since: now.updatedAt } }));
    await keepRecord(on.deps, 'm1');
    expect(await kept(on)).toMatchObject({ waiting: null });
    on.clock.advance(10_000);
    await keepRecord(on.deps, 'm1');
    expect(await kept(on)).toMatchObject({ waiting: { reason: 'for tea' } });
  });

  it.each([
    ['another fleet works on the migration', { owner: 'another fleet' }],
    ['its target is further', { number: 99 }],
  ])('is left as it is where %s', async (_, change) => {
    const on = await ready();
    const target = await on.deps.collections.describe('docs_v2');
    const phase = { ...(target?.metadata['reembed.phase'] as object), ...change };
    await on.deps.collections.patch('docs_v2', { metadata: { 'reembed.phase': phase } });
    const before = await kept(on);
    await on.state.migrations.update('m1', (now) => ({ ...now, phase: 'syncing', phaseNumber: now.phaseNumber + 1 }));
    await keepRecord(on.deps, 'm1');
    expect(await kept(on)).toEqual(before);
  });
});

describe('a fleet that takes a migration over', () => {
  it('tells what the fleet before it did, measured and spent, and keeps telling it', async () => {
    const on = await switched();
    const before = await on.deps.records.load('m1');
    on.loseRedis();
    on.deps.recordsKept.clear();
    expect(await adoptTarget(on.deps, 'docs_v2')).toMatchObject({ how: 'adopted' });
    await on.settle();
    await keepRecord(on.deps, 'm1');
    const after = await on.deps.records.load('m1');
    expect(after?.report).toMatchObject({
      verdict: 'pass',
      gates: before?.report.gates,
      cost: before?.report.cost,
      counts: before?.report.counts,
    });
    expect(after?.report.phases.map(({ phase }) => phase)).toEqual([
      ...(before?.report.phases ?? []).map(({ phase }) => phase),
      'observing',
    ]);
  });

  it('counts nothing twice that it spent itself', async () => {
    const on = await switched();
    const { texts } = (await kept(on))?.progress ?? {};
    expect((await carriedOver(on.deps, 'm1', 'observing', 9)).spentBefore).toEqual({ texts: 0, tokens: 0, batchTokens: 0, kept: 0 });
    on.loseRedis();
    expect((await carriedOver(on.deps, 'm1', 'observing', 9)).spentBefore).toMatchObject({ texts });
  });
});

describe('a stage whose record is not taken', () => {
  const refusing = (on: OnFleet, error: ReembedError) => ({
    ...on.deps,
    records: { ...on.deps.records, keep: () => Promise.reject(error) },
  });

  it('comes again where Qdrant is away', async () => {
    const on = await switched();
    const { phaseNumber } = await on.load();
    on.deps.recordsKept.clear();
    const away = refusing(on, new ReembedError('qdrant-unreachable', 'away'));
    expect(await workOnStage(away, { migrationId: 'm1', phaseNumber }, signal)).toEqual({ again: expect.any(Number) });
    expect(await workOnStage(on.deps, { migrationId: 'm1', phaseNumber }, signal)).toBe('done');
  });

  it('goes on where Qdrant refuses it, and says so once a phase', async () => {
    const on = await switched();
    const { phaseNumber } = await on.load();
    on.deps.recordsKept.clear();
    const refused = refusing(on, new ReembedError('qdrant-refused', 'not allowed'));
    for (let time = 0; time < 3; time++) {
      expect(await workOnStage(refused, { migrationId: 'm1', phaseNumber }, signal)).toBe('done');
      on.clock.advance(60_000);
    }
    const notes = on.state.events.published.filter(({ event }) => event.type === 'note' && event.message.includes('not allowed'));
    expect(notes).toHaveLength(1);
  });
});
