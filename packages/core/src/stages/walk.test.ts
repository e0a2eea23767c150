import { phaseMetadataSchema } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { command, settleLateWrites } from '../commands/commands.ts';
import { viewOf } from '../commands/view.ts';
import { ReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';
import { reconcile } from './run-stage.ts';

const straight = ['copying', 'indexing', 'verifying', 'ready'];

describe('a whole migration', () => {
  it('copies, verifies, waits, switches, and completes on a second word', async () => {
    const on = await startFleet();
    await on.submit();
    await on.settle();
    expect(on.phases).toEqual(straight);
    expect(await on.aliases()).toEqual({ docs: 'docs_v1', 'docs.next': 'docs_v2' });
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
    expect(await on.aliases()).toEqual({ docs: 'docs_v2' });
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await on.settle();
    expect((await on.load()).phase).toBe('completed');
    expect(await on.stores.collections.names()).toEqual(['docs_v2']);
    expect(on.stores.pointsOf('docs_v2').map(({ payload }) => payload)).toEqual(docs(7).map(({ payload }) => payload));
    expect(on.state.rangeQueue.announced.size).toBe(0);
  });

  it('leaves no bounds and no passes behind when it has ended, but shows its progress and late writes as before', async () => {
    const on = await startFleet();
    await on.submit();
    await on.settle();
    await command(on.deps, 'm1', 'switch');
    const pointAlias = async (alias: string, collection: string) => {
      await on.stores.collections.pointAlias(alias, collection);
      if (alias === 'docs') on.stores.put('docs_v1', docs(8).slice(7));
    };
    await on.settle({ collections: { ...on.stores.collections, pointAlias } });
    const { lastPassNumber } = await on.load();
    expect(await on.state.lateWrites.count('m1', 'missing')).toBe(1);
    await settleLateWrites(on.deps, 'm1', 'insert-missing');
    await on.settle();
    const before = (await viewOf(on.deps, await on.load())).progress;
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await on.settle();
    expect((await viewOf(on.deps, await on.load())).progress).toEqual(before);
    expect(await on.state.lateWrites.count('m1', 'missing')).toBe(1);
    expect((await on.load()).lastPassNumber).toBeGreaterThan(lastPassNumber);
    for (const pass of [1, 2, 3]) expect(await on.state.ranges.summary('m1', pass)).toMatchObject({ done: 0, points: 0 });
    expect(await on.state.ranges.claim('m1', 1, 0, 'zombie')).toBeNull();
  });

  it.each([0, 1, 3, 4, 400])('comes to the end with %i points', async (count) => {
    const on = await startFleet({ points: docs(count) });
    await on.submit(buildSpec({ switch: { mode: 'auto' } }));
    await on.settle();
    expect(on.phases).toEqual([...straight, 'switching', 'observing']);
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(count);
  });

  it('begins with a target that carries the claim, other metadata of the source, and deferred indexing', async () => {
    const on = await startFleet();
    await on.stores.collections.createPayloadIndex('docs_v1', 'body', 'text');
    await on.submit();
    await on.until('copying');
    const target = await on.stores.collections.describe('docs_v2');
    expect(target).toMatchObject({
      metadata: { team: 'search', reembed: { id: 'm1', owner: 'fleet' }, 'reembed.decisions': { approvals: [], overrides: [] } },
      optimizersConfig: { indexing_threshold: 0 },
      payloadSchema: { body: 'text' },
    });
  });

  it('announces every phase in the metadata before it acts', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('switching').catch(() => undefined);
    const target = await on.stores.collections.describe('docs_v2');
    expect(phaseMetadataSchema.parse(target?.metadata['reembed.phase'])).toMatchObject({
      phase: 'ready',
      number: (await on.load()).phaseNumber,
    });
    await command(on.deps, 'm1', 'switch');
    const acts = on.stores.acts.length;
    await on.settle();
    const later = on.stores.acts.slice(acts);
    const moved = later.indexOf('pointAlias docs docs_v2');
    expect(later.slice(0, moved)).toContain('patch docs_v2 reembed.phase reembed.owner');
  });

  it('takes what little a live source did during the walk along while it waits', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('verifying');
    on.stores.put('docs_v1', docs(9));
    await on.settle();
    expect(on.phases).toEqual(straight);
    await on.follow();
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(9);
    expect((await on.load()).lag?.differences).toBe(2);
    await on.follow();
    expect((await on.load()).lag?.differences).toBe(0);
  });

  it('syncs first where the source has run away', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('verifying');
    on.stores.put('docs_v1', docs(40));
    await on.settle();
    expect(on.phases).toEqual(['copying', 'indexing', 'verifying', 'syncing', 'verifying', 'ready']);
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(40);
  });

  it('goes on through pause and resume, and never through an old fence', async () => {
    const on = await startFleet({ points: docs(30) });
    await on.submit();
    await on.until('copying');
    await on.step();
    await command(on.deps, 'm1', 'pause');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'paused', resumeTo: 'copying' });
    expect(await on.aliases()).toEqual({ docs: 'docs_v1', 'docs.next': 'docs_v2' });
    await command(on.deps, 'm1', 'resume');
    await on.settle();
    expect((await on.load()).epoch).toBe(3);
    const writes = on.stores.acts.filter((act) => act.startsWith('insertOnly'));
    expect(writes.every((act) => act.startsWith('insertOnly reembed.m1.'))).toBe(true);
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(30);
  });

  it('is cancelled with source, alias and target left as they are, and no fence or set-aside point left of it', async () => {
    const on = await startFleet({ points: [...docs(6), { ...docs(7)[6], payload: '{"body":"REFUSED"}' } as PointText] });
    const source = on.stores.pointsOf('docs_v1');
    await on.submit();
    await on.until('verifying');
    expect(await on.state.setAside.count('m1')).toEqual({ open: 1, accepted: 0 });
    await command(on.deps, 'm1', 'cancel');
    await on.settle();
    expect(await on.state.setAside.count('m1')).toEqual({ open: 0, accepted: 0 });
    expect((await on.load()).phase).toBe('cancelled');
    expect(await on.aliases()).toEqual({ docs: 'docs_v1' });
    expect(await on.stores.collections.names()).toEqual(['docs_v1', 'docs_v2']);
    expect(on.stores.pointsOf('docs_v1')).toEqual(source);
    expect((await viewOf(on.deps, await on.load())).next).toContain('reembed discard m1 --confirm docs_v2');
  });

  it('waits for ever, with the reason, while no worker runs', async () => {
    const on = await startFleet();
    on.state.fleet.count = 0;
    await on.submit();
    await on.step();
    expect((await on.load()).waiting?.reason).toContain('none is running');
    expect((await viewOf(on.deps, await on.load())).next).toBe('It goes on as soon as a worker runs: `reembed worker`.');
  });

  it('stops at what a worker reports as fatal, and goes on after resume', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('copying');
    await on.step();
    const { pass } = await on.load();
    await on.state.ranges.reportFatal('m1', pass?.number ?? 0, { code: 'provider-unauthorized', message: 'wrong key' });
    await on.step();
    expect(await on.load()).toMatchObject({
      phase: 'failed',
      resumeTo: 'copying',
      error: { code: 'provider-unauthorized', message: 'wrong key' },
    });
    await command(on.deps, 'm1', 'resume');
    await on.settle();
    expect((await on.load()).phase).toBe('ready');
  });

  it('does not switch while a point is set aside, and does once it is mended in the source', async () => {
    const on = await startFleet();
    const [first] = docs(1);
    on.stores.put('docs_v1', [
      { ...docs(1)[0], id: { kind: 'integer', id: '1' }, payload: '{"body":"REFUSED"}', vectors: first?.vectors ?? {} },
    ]);
    await on.submit(buildSpec({ switch: { mode: 'auto' } }));
    await on.settle();
    expect((await on.load()).phase).toBe('ready');
    await expect(command(on.deps, 'm1', 'switch')).rejects.toMatchObject({
      code: 'wrong-state',
      message: expect.stringContaining('1 point(s)'),
    });
    on.stores.put('docs_v1', docs(1));
    await on.follow();
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
  });

  it('forgets a point that was set aside once the source has it no more', async () => {
    const on = await startFleet();
    on.stores.put('docs_v1', [{ id: { kind: 'integer', id: '4' }, payload: '{"body":"REFUSED"}', vectors: { '': '[1.0,0.0]' } }]);
    await on.submit(buildSpec({ switch: { mode: 'auto' } }));
    await on.settle();
    expect((await on.load()).phase).toBe('ready');
    on.stores.remove('docs_v1', [{ kind: 'integer', id: '4' }]);
    await on.follow();
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
  });

  it('waits out a Qdrant that is away, wherever it is', async () => {
    const on = await startFleet();
    await on.submit(buildSpec({ switch: { mode: 'auto' } }));
    // Every seventh call or so, in no step with any stage.
    let calls = 0;
    const flaky = new Proxy(on.stores.collections, {
      get: (target, name) =>
        Reflect.get(target, name) instanceof Function
          ? (...args: unknown[]) => {
              calls = (calls * 75 + 74) % 65_537;
              if (calls % 7 === 0) throw new ReembedError('qdrant-unreachable', 'away', { retryAfterMs: 1 });
              return Reflect.apply(Reflect.get(target, name) as () => unknown, target, args);
            }
          : Reflect.get(target, name),
    });
    await on.settle({ collections: flaky });
    expect((await on.load()).phase).toBe('observing');
    expect(await on.alias()).toBe('docs_v2');
  });

  it('ends the same when every act of a stage may be its last: a coordinator that dies comes back', async () => {
    const calm = await startFleet({ points: docs(5) });
    await calm.submit(buildSpec({ switch: { mode: 'auto' } }));
    await calm.settle();
    for (let last = 0; last < calm.stores.acts.length; last++) {
      for (const when of ['before', 'after'] as const) {
        const on = await startFleet({ points: docs(5) });
        await on.submit(buildSpec({ switch: { mode: 'auto' } }));
        await on.settle({ collections: dyingAt(on.stores.collections, last, when) }).catch(() => undefined);
        for (let rounds = 0; rounds < 3; rounds++) {
          await reconcile(on.deps);
          await on.settle();
        }
        expect([last, when, (await on.load()).phase]).toEqual([last, when, 'observing']);
        expect(on.stores.pointsOf('docs_v2')).toHaveLength(5);
        expect(await on.aliases()).toEqual({ docs: 'docs_v2' });
      }
    }
  });
});

/** Throws what no stage catches, once, at the `last`-th call that changes something. */
function dyingAt<T extends object>(collections: T, last: number, when: 'before' | 'after'): T {
  const acts = ['create', 'patch', 'drop', 'createPayloadIndex', 'pointAlias', 'dropAlias', 'flush'];
  let count = 0;
  return new Proxy(collections, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
      if (!acts.includes(String(name))) return method;
      return async (...args: unknown[]) => {
        const dies = count++ === last;
        if (dies && when === 'before') throw new Error('killed');
        const result = await method.apply(target, args);
        if (dies) throw new Error('killed');
        return result;
      };
    },
  });
}
