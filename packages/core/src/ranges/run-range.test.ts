import type { Phase } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import type { Points } from '../ports/collections.ts';
import type { SetAside } from '../ports/state.ts';
import { integer, point, type RangeFixtureOptions, rangeFixture } from './range-context.fixture.ts';
import { type RangeDeps, runRange } from './run-range.ts';

const job = { migrationId: 'm', pass: 1, seq: 0 };

async function fixture(options: RangeFixtureOptions = { source: [point(1), point(2), point(3)] }) {
  const on = await rangeFixture(options);
  const { writers } = on.state;
  await writers.open('m', 1);
  await on.state.ranges.append('m', 0, [{ seq: 0, start: null, end: null }], { cursor: null, done: true });
  let migration: Migration | null = on.migration;
  const { points, carrier, setAside, recipes, clock } = on.context;
  const deps: RangeDeps = {
    load: async () => migration,
    ranges: on.state.ranges,
    writers,
    prepare: async () => ({ points, carrier, setAside, lateWrites: on.state.lateWrites, recipes, clock }),
    pace: async () => undefined,
    holder: 'h1',
    signal: on.stop.signal,
  };
  const set = (change: Partial<Migration> | null) => {
    migration = change === null ? null : { ...on.migration, ...change };
  };
  return { ...on, deps, writers, set, summary: () => on.state.ranges.summary('m', 1) };
}

/** Parts whose writes do what `insertOnly` says. */
function writing(deps: RangeDeps, insertOnly: Points['insertOnly']): RangeDeps {
  return {
    ...deps,
    prepare: async (migration, signal) => {
      const parts = await deps.prepare(migration, signal);
      return { ...parts, points: { ...parts.points, insertOnly } };
    },
  };
}

const fails = (error: unknown) => async () => Promise.reject(error);

describe('runRange', () => {
  it('copies a range and counts it', async () => {
    const on = await fixture();
    expect(await runRange(on.deps, job)).toEqual({ kind: 'done' });
    expect(await on.summary()).toMatchObject({ done: 1, points: 3 });
    expect(on.stores.pointsOf('target')).toHaveLength(3);
    expect(await on.writers.close('m', 1)).toBe(0);
  });

  it('looks again at a range whose batch is under way, however many times, and holds nothing meanwhile', async () => {
    const on = await fixture();
    const waits = { ...on.deps, prepare: fails(new ReembedError('batch-under-way', 'batch_1', { retryAfterMs: 60_000 })) };
    for (let look = 0; look < 100; look++)
      expect(await runRange({ ...waits, holder: `h${look}` }, job)).toMatchObject({ kind: 'again', afterMs: 60_000 });
    expect(await on.writers.close('m', 1)).toBe(0);
    await on.writers.open('m', 1);
    expect(await on.summary()).toMatchObject({ done: 0, failed: 0, fatal: null });
  });

  it.each<[string, Partial<Migration> | null]>([
    ['a migration that is gone', null],
    ['a migration at rest', { pass: null, phase: 'ready' }],
    ['another pass', { pass: { number: 2, kind: 'copy', sourcePoints: 0, startedAt: '' } }],
    ...(['pausing', 'paused', 'indexing', 'failed', 'cancelled', 'switching'] as Phase[]).map((phase): [string, Partial<Migration>] => [
      `a copy while ${phase}`,
      { phase },
    ]),
    ['a comparison while copying', { pass: { number: 1, kind: 'verify', sourcePoints: 0, startedAt: '' } }],
  ])('drops a job for %s', async (_, change) => {
    const on = await fixture();
    on.set(change);
    expect(await runRange(on.deps, job)).toEqual({ kind: 'done' });
    expect(await on.summary()).toMatchObject({ done: 0, points: 0 });
    expect(on.stores.pointsOf('target')).toEqual([]);
  });

  it('drops a job whose range is done', async () => {
    const on = await fixture();
    await runRange(on.deps, job);
    expect(await runRange({ ...on.deps, holder: 'h2' }, job)).toEqual({ kind: 'done' });
    expect(await on.summary()).toMatchObject({ done: 1, points: 3 });
  });

  it('does not write where it may not enter', async () => {
    const on = await fixture();
    await on.writers.close('m', 1);
    expect(await runRange(on.deps, job)).toEqual({ kind: 'done' });
    expect(on.stores.pointsOf('target')).toEqual([]);
    expect(await on.summary()).toMatchObject({ done: 0, failed: 0 });
  });

  it('compares without entering, in the phases that compare', async () => {
    for (const phase of ['verifying', 'switching', 'rolling-back'] as const) {
      const on = await fixture();
      on.set({ phase, pass: { number: 1, kind: 'verify', sourcePoints: 3, startedAt: '' } });
      await on.writers.close('m', 1);
      expect(await runRange(on.deps, job)).toEqual({ kind: 'done' });
      expect((await on.summary()).findings).toMatchObject([{ kind: 'missing', count: 3 }]);
    }
  });

  /** Set aside in the very moment in which the migration becomes another. */
  const whileSettingAside = async (change: (on: Awaited<ReturnType<typeof fixture>>) => void) => {
    const on = await fixture();
    const asleep: RangeDeps = {
      ...on.deps,
      prepare: async (migration, signal) => {
        const parts = await on.deps.prepare(migration, signal);
        const put: SetAside['put'] = async (id, entries) => {
          await parts.setAside.clear(id);
          change(on);
          await parts.setAside.put(id, entries);
        };
        return { ...parts, setAside: { ...parts.setAside, put } };
      },
    };
    on.stores.put('source', [point(2, 'REFUSED')]);
    await runRange(asleep, job);
    return on;
  };

  it('sets nothing aside of a migration that ended while it slept: nobody would look at it, or delete it', async () => {
    const on = await whileSettingAside(({ set }) => set({ phase: 'cancelled', phaseNumber: 9 }));
    expect((await on.deps.load('m'))?.phase).toBe('cancelled');
    expect(await on.state.setAside.count('m')).toEqual({ open: 0, accepted: 0 });
  });

  it('sets nothing aside by the rule of a spec that was edited while it slept: the point would not be tried again', async () => {
    const on = await whileSettingAside(({ set, migration: { spec } }) => {
      const vectors = { ...spec.vectors };
      for (const [name, { embed }] of Object.entries(vectors))
        if (embed) vectors[name] = { ...vectors[name], embed: { ...embed, onLongText: 'truncate' } } as (typeof vectors)[string];
      set({ phaseNumber: 9, spec: { ...spec, vectors } });
    });
    expect(await on.state.setAside.count('m')).toEqual({ open: 0, accepted: 0 });
    const paused = await whileSettingAside(({ set }) => set({ phaseNumber: 9 }));
    expect(await paused.state.setAside.count('m')).toEqual({ open: 1, accepted: 0 });
  });

  it('is interrupted by its signal, at no cost', async () => {
    const on = await fixture();
    const stopped = writing(on.deps, async () => {
      on.stop.abort(new Error('SIGTERM'));
      throw new Error('torn off');
    });
    expect(await runRange(stopped, job)).toEqual({ kind: 'interrupted' });
    expect(await on.state.ranges.claim('m', 1, 0, 'h2')).toMatchObject({ attempts: 0 });
    expect(await on.writers.close('m', 1)).toBe(0);
  });

  it.each<[string, Partial<Migration>]>([
    ['was paused', { phase: 'pausing', phaseNumber: 3 }],
    ['was taken up again', { phaseNumber: 5, epoch: 2 }],
    ['is in another phase of the same number, because Redis came back older', { phase: 'failed' }],
  ])('takes a closed fence for no failure where the migration %s', async (_, change) => {
    const on = await fixture();
    const closed = writing(on.deps, async () => {
      on.set(change);
      throw new ReembedError('qdrant-not-found', 'no alias');
    });
    expect(await runRange(closed, job)).toEqual({ kind: 'done' });
    expect(await on.state.ranges.claim('m', 1, 0, 'h2')).toMatchObject({ attempts: 0 });
  });

  it('leaves a range to whoever holds it now', async () => {
    const on = await fixture();
    const slow = writing(on.deps, async () => void (await on.state.ranges.claim('m', 1, 0, 'h2')));
    expect(await runRange(slow, job)).toEqual({ kind: 'done' });
    expect(await on.state.ranges.finish('m', 1, 0, 'h2', { points: 3 })).toBe(true);
    expect(await on.summary()).toMatchObject({ done: 1, points: 3 });
  });

  it('puts a range back while the server is away, as long as it says', async () => {
    const on = await fixture();
    const away = writing(on.deps, fails(new ReembedError('qdrant-unreachable', 'away', { retryAfterMs: 77 })));
    for (let tries = 0; tries < 5; tries++)
      expect(await runRange(away, job)).toMatchObject({ kind: 'again', afterMs: 77, why: { code: 'qdrant-unreachable' } });
    expect(await on.summary()).toMatchObject({ failed: 0 });
  });

  it('gives a range up after three tries that nothing can mend, and names the error', async () => {
    const on = await fixture();
    const broken = writing(on.deps, fails(new ReembedError('qdrant-conflict', 'odd')));
    const kinds = [await runRange(broken, job), await runRange(broken, job), await runRange(broken, job)].map(({ kind }) => kind);
    expect(kinds).toEqual(['again', 'again', 'done']);
    expect(await on.summary()).toMatchObject({ failed: 1, failures: [{ seq: 0, code: 'qdrant-conflict', message: 'odd' }] });
  });

  it('begins to count anew after a checkpoint', async () => {
    const on = await fixture();
    const broken = writing(on.deps, fails(new TypeError('a defect')));
    await runRange(broken, job);
    await runRange(broken, job);
    const half = writing(on.deps, async (collection, points) => {
      if (points[0]?.id.id !== '1') throw new TypeError('a defect');
      await on.stores.points.insertOnly(collection, points);
    });
    expect(await runRange({ ...half, holder: 'h2' }, job)).toMatchObject({ kind: 'again' });
    expect(await on.state.ranges.claim('m', 1, 0, 'h3')).toMatchObject({ attempts: 1, next: integer(3) });
  });

  it('reports what every other range would meet too, and leaves the range open', async () => {
    const on = await fixture();
    const prepare = fails(new ReembedError('model-changed', 'another model'));
    expect(await runRange({ ...on.deps, prepare }, job)).toEqual({ kind: 'done' });
    expect(await on.summary()).toMatchObject({ failed: 0, fatal: { code: 'model-changed', message: 'another model' } });
    expect(await on.state.ranges.open('m', 1, 0, 9)).toEqual([0]);
  });
});
