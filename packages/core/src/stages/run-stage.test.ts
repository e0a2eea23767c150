import { metadataKeys, readPhase } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import { ReembedError } from '../domain/error.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';
import { reconcile, runStage } from './run-stage.ts';

const { signal } = new AbortController();

describe('runStage', () => {
  it('does nothing for a job that came too late, or whose migration is gone', async () => {
    const on = await startFleet();
    await on.submit();
    const { phaseNumber } = await on.until('verifying');
    const acts = on.stores.acts.length;
    for (const late of [phaseNumber - 1, phaseNumber + 1]) {
      expect(await runStage(on.deps, { migrationId: 'm1', phaseNumber: late }, signal)).toBe('done');
    }
    expect(await runStage(on.deps, { migrationId: 'nobody', phaseNumber: 1 }, signal)).toBe('done');
    expect(on.stores.acts).toHaveLength(acts);
  });

  it('does not move a migration that was moved while the stage worked', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('indexing');
    const patch: typeof on.deps.collections.patch = async (name, body) => {
      if (body.optimizers_config !== undefined) await command(on.deps, 'm1', 'cancel');
      await on.deps.collections.patch(name, body);
    };
    await on.step({ collections: { ...on.deps.collections, patch } });
    expect((await on.load()).phase).toBe('cancelling');
  });

  it('leaves no queue and no ranges behind where it sleeps through the end of its migration', async () => {
    const on = await startFleet({ points: docs(20) });
    await on.submit();
    await on.until('copying');
    let slept = false;
    const scrollIds: typeof on.deps.points.scrollIds = async (collection, request) => {
      const page = await on.stores.points.scrollIds(collection, request);
      if (slept) return page;
      slept = true;
      await command(on.deps, 'm1', 'cancel');
      await on.settle();
      expect(await on.load()).toMatchObject({ phase: 'cancelled' });
      return page;
    };
    await on.step({ points: { ...on.deps.points, scrollIds } });
    expect(slept).toBe(true);
    expect([...on.state.rangeQueue.announced]).toEqual([]);
    expect(on.state.rangeQueue.jobs).toEqual([]);
    const { nextSeq } = await on.state.ranges.split('m1');
    for (let seq = 0; seq < nextSeq; seq++) expect(await on.state.ranges.claim('m1', 1, seq, 'anybody')).toBeNull();
    expect(await on.aliases()).toEqual({ docs: 'docs_v1' });
  });

  it('says the last phase again where a stage that slept through the end has written its own over it, and leaves the word of another fleet', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('copying');
    await command(on.deps, 'm1', 'cancel');
    const { phaseNumber } = await on.load();
    const late = { migrationId: 'm1', phaseNumber };
    const said = async () => readPhase((await on.stores.collections.describe('docs_v2'))?.metadata);
    await on.settle();
    const ended = await said();
    expect(ended).toMatchObject({ phase: 'cancelled' });
    const write = (phase: object) => on.stores.collections.patch('docs_v2', { metadata: { [metadataKeys.phase]: { ...ended, ...phase } } });
    await write({ number: phaseNumber, phase: 'cancelling' });
    expect(await runStage(on.deps, late, signal)).toBe('done');
    expect(await said()).toEqual(ended);
    const taken = { number: phaseNumber + 9, phase: 'copying', owner: 'another fleet' };
    await write(taken);
    expect(await runStage(on.deps, late, signal)).toBe('done');
    expect(await said()).toMatchObject(taken);
  });

  it('waits out what may pass, and says for what', async () => {
    const on = await startFleet();
    await on.submit();
    const describe = async () => Promise.reject(new ReembedError('qdrant-unreachable', 'Qdrant is away', { retryAfterMs: 9 }));
    const job = on.state.stageQueue.jobs[0] ?? { migrationId: '', phaseNumber: 0 };
    const outcome = await runStage({ ...on.deps, collections: { ...on.deps.collections, describe } }, job, signal);
    expect(outcome).toEqual({ again: 9 });
    expect(await on.load()).toMatchObject({ phase: 'preparing', waiting: { reason: 'Qdrant is away [qdrant-unreachable]' } });
    await on.settle();
    expect((await on.load()).waiting).toBeNull();
  });

  it('says once until when a stage is waited for whose coordinator was killed', async () => {
    const on = await startFleet();
    await on.submit();
    let leftMs: number | null = 12_000;
    const stageQueue = { ...on.state.stageQueue, leftBehind: async () => leftMs };
    await reconcile({ ...on.deps, stageQueue });
    const { waiting } = await on.load();
    expect(waiting).toMatchObject({ kind: 'lock', reason: expect.stringContaining('until 2026-01-01T00:00:12.000Z at the latest') });
    leftMs = 9_000;
    await reconcile({ ...on.deps, stageQueue });
    expect((await on.load()).waiting).toEqual(waiting);
    await on.step();
    expect((await on.load()).waiting?.kind).not.toBe('lock');
  });

  it('waits since the wait began, however its numbers count on', async () => {
    const on = await startFleet();
    await on.submit();
    const away = (left: number) => ({
      collections: {
        ...on.deps.collections,
        describe: async () => Promise.reject(new ReembedError('qdrant-unreachable', `${left} of 9 are away`)),
      },
    });
    await on.step(away(1));
    const since = (await on.load()).waiting?.since;
    await on.deps.clock.sleep(5_000);
    await on.step(away(2));
    expect((await on.load()).waiting).toEqual({ kind: 'away', reason: '2 of 9 are away [qdrant-unreachable]', since });
  });

  it('fails at what waiting cannot mend, and tells everyone', async () => {
    const on = await startFleet();
    await on.submit();
    const create = async () => Promise.reject(new ReembedError('qdrant-refused', 'not so'));
    await on.step();
    await on.work();
    await on.step({ collections: { ...on.deps.collections, create } });
    expect(await on.load()).toMatchObject({ phase: 'failed', resumeTo: 'preparing', error: { code: 'qdrant-refused', message: 'not so' } });
    expect(on.state.signals.sent.at(-1)).toMatchObject({ id: 'm1', phase: 'failed' });
    expect(on.state.events.published.map(({ event }) => event.type)).toContain('error');
  });

  it('leaves a defect to the queue, which logs it', async () => {
    const on = await startFleet();
    await on.submit();
    const describe = async () => Promise.reject(new TypeError('a defect'));
    await expect(on.step({ collections: { ...on.deps.collections, describe } })).rejects.toThrow('a defect');
    expect((await on.load()).phase).toBe('preparing');
  });

  it('hands the job back when the process stops', async () => {
    const on = await startFleet();
    const { migration } = await on.submit();
    const stopped = AbortSignal.abort();
    const describe = async () => Promise.reject(new Error('torn off'));
    const job = { migrationId: migration.id, phaseNumber: 1 };
    expect(await runStage({ ...on.deps, collections: { ...on.deps.collections, describe } }, job, stopped)).toEqual({ again: 0 });
  });

  it('goes on where a refusal to complete leaves a switched migration', async () => {
    const on = await startFleet();
    await on.submit(buildSpec({ switch: { mode: 'auto' } }));
    await on.settle();
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await on.stores.collections.pointAlias('late-reader', 'docs_v1');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'observing', error: { code: 'wrong-state' } });
    expect(await on.stores.collections.names()).toContain('docs_v1');
  });

  it('stops for a fleet that has adopted the migration, and stays out of its way', async () => {
    const on = await startFleet({ points: docs(20) });
    await on.submit();
    await on.until('verifying');
    const target = await on.stores.collections.describe('docs_v2');
    const phase = target?.metadata['reembed.phase'] as object;
    await on.stores.collections.patch('docs_v2', { metadata: { 'reembed.phase': { ...phase, owner: 'another', number: 99 } } });
    const { migration } = { migration: await on.load() };
    await on.state.migrations.update('m1', (now) => ({ ...now, announced: 0 }));
    await runStage(on.deps, { migrationId: 'm1', phaseNumber: migration.phaseNumber }, signal);
    expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'superseded' } });
    on.state.stageQueue.jobs.length = 0;
    await reconcile(on.deps);
    expect(on.state.stageQueue.jobs).toEqual([]);
  });
});

describe('reconcile', () => {
  it('queues what works and what has not been announced, and nothing at rest', async () => {
    const on = await startFleet();
    await on.submit();
    await on.settle();
    expect((await on.load()).phase).toBe('ready');
    await command(on.deps, 'm1', 'pause');
    await on.settle();
    expect((await on.load()).phase).toBe('paused');
    await reconcile(on.deps);
    expect(on.state.stageQueue.jobs).toEqual([]);
    await command(on.deps, 'm1', 'resume');
    on.state.stageQueue.jobs.length = 0;
    await reconcile(on.deps);
    expect(on.state.stageQueue.jobs).toEqual([{ migrationId: 'm1', phaseNumber: (await on.load()).phaseNumber }]);
  });
});
