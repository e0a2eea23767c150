import type { SpecInput } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import { tune } from '../commands/tune.ts';
import { viewOf } from '../commands/view.ts';
import { hibernationMs, searchesToJudge } from '../domain/pacing.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { Searches } from '../ports/searches.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

/** A fleet whose searches take as long as is said, and what was asked. */
async function start(throttle: SpecInput['throttle'], points = docs(7)) {
  const on = await startFleet({ points });
  const asked: { collection: string; filter: string | null }[] = [];
  const server = { searchMs: 20, usage: { diskPercent: 10 as number | null, memoryPercent: 10 as number | null } };
  const searches: Searches = {
    async search(collection, request) {
      asked.push({ collection, filter: request.profile.filter });
      return { ...(await on.stores.searches.search(collection, request)), tookMs: server.searchMs };
    },
  };
  const collections = { ...on.stores.collections, usage: async () => server.usage };
  const with_: Partial<CoordinatorDeps> = { searches, collections };
  const deps = { ...on.deps, ...with_ };
  await on.submit(buildSpec({ throttle, search: { old: { limit: 5 } }, copy: { rangePoints: 1, pagePoints: 1 } }));
  const turn = async () => {
    await on.step(with_);
    await on.work();
  };
  const until = async (isSo: () => Promise<boolean>) => {
    for (let turns = 0; turns < 500; turns++) {
      if (await isSo()) return;
      await turn();
    }
    throw new Error(`it does not come about: ${JSON.stringify((await on.load()).waiting)}`);
  };
  const phase = (wanted: string) => until(async () => (await on.load()).phase === wanted);
  const notes = () => on.state.events.published.flatMap(({ event }) => (event.type === 'note' ? [event.message] : []));
  return { ...on, deps, asked, server, turn, phase, notes, until, view: async () => viewOf(deps, await on.load()) };
}

describe('a migration that searches come before', () => {
  it('reads nothing before it is known how long searches take at rest, says so, and then goes on', async () => {
    const on = await start({ maxSearchLatencyMs: 30 });
    await on.phase('copying');
    while (on.asked.length < searchesToJudge - 1) await on.turn();
    expect(on.stores.pointsOf('docs_v2')).toEqual([]);
    expect((await on.load()).waiting).toMatchObject({
      kind: 'throttle',
      reason: 'for searches to be as fast as they are to be: how long searches take at rest is measured first',
    });
    await on.phase('ready');
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(7);
    expect((await on.view()).pace).toEqual({
      pointsPerSecond: 500,
      reasons: ['at most 500 points/s: searches take 20 ms (p95); at rest they took 20 ms, and throttle.maxSearchLatencyMs is 30'],
    });
  });

  it('asks the source as applications do, and the target among a few of its points: what that takes does not grow with it', async () => {
    const on = await start({ maxSearchLatencyMs: 30 }, docs(500));
    await on.phase('indexing');
    const source = on.asked.filter(({ collection }) => collection === 'docs_v1');
    expect(source.length).toBeGreaterThanOrEqual(searchesToJudge);
    expect(source.every(({ filter }) => filter === null)).toBe(true);
    const target = on.asked.filter(({ collection }) => collection === 'docs_v2');
    expect(target.length).toBeGreaterThan(0);
    expect(target.every(({ filter }) => filter?.includes('has_id'))).toBe(true);
  });

  it('slows down when they take too long, and tells everyone why', async () => {
    const on = await start({ maxSearchLatencyMs: 30 }, docs(500));
    await on.phase('copying');
    await on.until(async () => on.stores.pointsOf('docs_v2').length > 0);
    on.server.searchMs = 45;
    await on.until(async () => on.notes().length > 0);
    expect(on.notes()[0]).toMatch(/^at most \d+ points\/s: searches take 45 ms \(p95\); at rest they took 20 ms/);
    on.server.searchMs = 20;
    await on.phase('ready');
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(500);
  });

  it('rests past the critical limit, shown as what it waits for, and goes on by itself', async () => {
    const on = await start({ criticalLatencyMs: 100 }, docs(500));
    await on.phase('copying');
    await on.until(async () => on.stores.pointsOf('docs_v2').length > 0);
    on.server.searchMs = 450;
    await on.until(async () => (await on.load()).waiting?.kind === 'throttle');
    expect((await on.load()).waiting?.reason).toContain(
      'searches take 450 ms (p95); at rest they took 20 ms, and throttle.criticalLatencyMs is 100',
    );
    expect(on.notes()).toHaveLength(1);
    const queued = on.state.rangeQueue.jobs.length;
    for (let slept = 0; slept < hibernationMs; slept += 200) await on.step();
    expect(on.state.rangeQueue.jobs.length).toBe(queued);
    on.server.searchMs = 20;
    await on.phase('ready');
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(500);
  });

  it.each([
    ['disk', { maxDiskPercent: 90 }, { diskPercent: 93, memoryPercent: 10 }, 'Qdrant uses 93 % of the disk under its data'],
    ['memory', { maxMemoryPercent: 80 }, { diskPercent: 10, memoryPercent: 80 }, 'Qdrant uses 80 % of the memory it may have'],
  ])('waits for room where the %s is fuller than it may be', async (_, throttle, usage, words) => {
    const on = await start(throttle);
    on.server.usage = usage;
    await on.until(async () => (await on.load()).waiting?.kind === 'throttle');
    expect((await on.load()).waiting?.reason).toContain(words);
    expect(on.stores.pointsOf('docs_v2')).toEqual([]);
    on.server.usage = { diskPercent: 20, memoryPercent: 20 };
    await on.phase('ready');
  });

  it('goes on without a guard that the server does not tell of any more', async () => {
    const on = await start({ maxDiskPercent: 90 });
    on.server.usage = { diskPercent: null, memoryPercent: null };
    await on.phase('ready');
  });

  it('is not held back while it switches: writers may be held meanwhile', async () => {
    const on = await start({ maxSearchLatencyMs: 30, criticalLatencyMs: 60 });
    await on.phase('ready');
    on.server.searchMs = 500;
    await command(on.deps, 'm1', 'switch');
    await on.phase('observing');
  });

  it('is only pace: with everything in Redis gone, the same spec measures anew and ends equal', async () => {
    const on = await start({ maxSearchLatencyMs: 30 });
    await on.phase('copying');
    on.loseRedis();
    on.deps.paces.clear();
    await on.submit(
      buildSpec({ throttle: { maxSearchLatencyMs: 30 }, search: { old: { limit: 5 } }, copy: { rangePoints: 1, pagePoints: 1 } }),
    );
    await on.phase('ready');
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(7);
  });
});

describe('a pace that is changed while it goes', () => {
  it('counts at once, without a new phase, and is kept by the target', async () => {
    const on = await start({ pointsPerSecond: 1_000 });
    await on.phase('copying');
    await on.turn();
    const before = await on.load();
    const { changes, migration } = await tune(on.deps, 'm1', { throttle: { pointsPerSecond: 5, share: 0.5 } });
    expect(changes.map(({ field, before: was, after, from }) => [field, was, after, from])).toEqual([
      ['throttle.pointsPerSecond', '1000', '5', 'at once'],
      ['throttle.share', 'none', '0.5', 'at once'],
    ]);
    expect([migration.phaseNumber, migration.epoch]).toEqual([before.phaseNumber, before.epoch]);
    const stored = await on.stores.collections.describe('docs_v2');
    expect(Object(stored?.metadata.reembed).spec.throttle).toMatchObject({ pointsPerSecond: 5, share: 0.5 });
    expect((await on.view()).pace).toEqual({
      pointsPerSecond: 5,
      reasons: ['at most 5 points/s by throttle.pointsPerSecond', "at most 50 % of its providers' limits by throttle.share"],
    });
    expect(on.notes()).toContain('spec: throttle.pointsPerSecond: 1000 -> 5, at once');
    await on.phase('ready');
  });

  it('leaves what is not named, and refuses what does not go together or cannot be kept', async () => {
    const on = await start({ maxSearchLatencyMs: 30, maxCostUsd: 2 });
    await on.phase('copying');
    await expect(tune(on.deps, 'm1', { throttle: { criticalLatencyMs: 20 } })).rejects.toMatchObject({ code: 'invalid-spec' });
    const older = { ...on.deps, collections: { ...on.deps.collections, serverVersion: async () => '1.18.2' } };
    await expect(tune(older, 'm1', { throttle: { maxDiskPercent: 90 } })).rejects.toMatchObject({
      code: 'plan-blocked',
      issues: [{ field: 'throttle.maxDiskPercent' }],
    });
    await tune(on.deps, 'm1', { throttle: { maxCostUsd: null } });
    expect((await on.load()).spec.throttle).toMatchObject({ maxSearchLatencyMs: 30, maxCostUsd: null });
  });
});

describe('a migration that may cost so much', () => {
  it('pauses before the request that would pass it, with its reason; more is allowed, and it goes on and pays nothing twice', async () => {
    // Two tokens a text, at a price of the fake model.
    const on = await start({ maxCostUsd: 10 / 1e6 });
    await on.phase('paused');
    const { error, resumeTo } = await on.load();
    expect([error?.code, resumeTo]).toEqual(['over-budget', 'copying']);
    const stored = on.stores.pointsOf('docs_v2').length;
    expect(stored).toBeGreaterThan(0);
    expect(stored).toBeLessThan(7);
    const { next } = await on.view();
    expect(next).toContain('throttle.maxCostUsd');
    expect(next).toContain('`reembed resume m1`');
    await tune(on.deps, 'm1', { throttle: { maxCostUsd: 1 } });
    const paid = on.embedder.requests.flat().filter((text) => text.startsWith('text')).length;
    await command(on.deps, 'm1', 'resume');
    await on.phase('verifying');
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(7);
    const all = on.embedder.requests.flat().filter((text) => text.startsWith('text'));
    expect(all.slice(paid).length).toBeLessThanOrEqual(7 - stored + 2);
  });

  it('pauses again where nothing more was allowed', async () => {
    const on = await start({ maxCostUsd: 10 / 1e6 });
    await on.phase('paused');
    await command(on.deps, 'm1', 'resume');
    await on.phase('paused');
    expect((await on.load()).error?.code).toBe('over-budget');
  });
});

describe('a migration that is to go so far', () => {
  it('pauses there, says so, and goes on by a word', async () => {
    const on = await start({}, docs(60));
    await tune(on.deps, 'm1', { until: 0.2 });
    await on.phase('paused');
    const stored = on.stores.pointsOf('docs_v2').length;
    expect(stored).toBe(12);
    const view = await on.view();
    expect(view).toMatchObject({ stoppedAt: 0.2, error: null });
    expect(view.next).toContain('It has come to the 20 % it was to go');
    await command(on.deps, 'm1', 'resume');
    await on.phase('ready');
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(60);
  });

  it('cannot, once its first pass is over', async () => {
    const on = await start({});
    await on.phase('ready');
    await expect(tune(on.deps, 'm1', { until: 0.2 })).rejects.toMatchObject({ code: 'wrong-state' });
  });
});
