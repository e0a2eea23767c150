import { ReembedError } from '@reembed/core';
import { createMetrics } from '@reembed/process/metrics';
import { buildMigration, createFakeCatalogue, createFakeClock, createFakeState, createFakeStores } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { measureFleet } from './fleet-metrics.ts';

const away = () => Promise.reject(new ReembedError('redis-unreachable', 'away'));

async function start() {
  const clock = createFakeClock();
  const state = createFakeState({ clock });
  const world = { collections: createFakeStores().collections };
  const metrics = createMetrics('coordinator');
  const deps = { ...state, ...world, clock, catalogue: createFakeCatalogue() };
  measureFleet(metrics, new Proxy(deps, { get: (_, name) => ({ ...deps, ...world, ...state })[name as 'clock'] }));
  const lines = async (...names: string[]) => {
    const { text } = await metrics.read();
    return text.split('\n').filter((line) => names.some((name) => line.startsWith(`${name}{`) || line.startsWith(`${name} `)));
  };
  return { clock, state, world, lines };
}

const pass = { number: 1, kind: 'copy', sourcePoints: 100, startedAt: '2026-01-01T00:00:00.000Z' } as const;

describe('what a coordinator says of the fleet', () => {
  it('is how far each migration under way is, and what bounds it', async () => {
    const { state, clock, lines } = await start();
    await state.migrations.insert(buildMigration({ id: 'm1', phase: 'copying', pass, lastPassNumber: 1 }));
    await state.ranges.append('m1', 0, [{ seq: 0, start: null, end: null }], { cursor: null, done: true });
    await state.ranges.claim('m1', 1, 0, 'holder');
    await state.ranges.checkpoint('m1', 1, 0, 'holder', { kind: 'integer', id: '9' }, { points: 40, texts: 40, tokens: 400 });
    await state.rangeQueue.enqueue([{ migrationId: 'm1', pass: 1, seq: 0 }]);
    await state.setAside.put('m1', [
      { id: { kind: 'integer', id: '1' }, vector: '', code: 'text-missing', payloadHash: 'h', reason: 'no text' },
    ]);
    const since = clock.now().toISOString();
    const { spec } = buildMigration();
    const other = { ...spec, target: { ...spec.target, collection: 'other', alias: null } };
    await state.migrations.insert(buildMigration({ id: 'm2', phase: 'copying', spec: other }));
    await state.migrations.update('m2', (now) => ({ ...now, waiting: { kind: 'provider', reason: 'it answered 429', since } }));
    clock.advance(90_000);
    expect(await lines('reembed_migration_points', 'reembed_migration_source_points', 'reembed_migration_tokens')).toEqual([
      'reembed_migration_source_points{migration="m2"} 0',
      'reembed_migration_source_points{migration="m1"} 100',
      'reembed_migration_points{migration="m2"} 0',
      'reembed_migration_points{migration="m1"} 40',
      'reembed_migration_tokens{migration="m2"} 0',
      'reembed_migration_tokens{migration="m1"} 400',
    ]);
    expect(await lines('reembed_migration_bound', 'reembed_migration_waiting_seconds')).toEqual([
      'reembed_migration_waiting_seconds{migration="m2",kind="provider"} 90',
      'reembed_migration_bound{migration="m2",by="provider"} 1',
      'reembed_migration_bound{migration="m1",by="workers"} 1',
    ]);
    expect(await lines('reembed_migration_set_aside')).toContain('reembed_migration_set_aside{migration="m1",state="open"} 1');
  });

  it('does not outlive what it says: a wait that is over and a migration that has ended are gone', async () => {
    const { state, clock, lines } = await start();
    const since = clock.now().toISOString();
    await state.migrations.insert(buildMigration({ id: 'm1', phase: 'copying' }));
    await state.migrations.update('m1', (now) => ({ ...now, waiting: { kind: 'away', reason: 'Qdrant is away', since } }));
    expect(await lines('reembed_migration_waiting_seconds')).toHaveLength(1);
    await state.migrations.update('m1', (now) => ({ ...now, waiting: null, phase: 'cancelled' }));
    expect(await lines('reembed_migration_waiting_seconds', 'reembed_migration_phase')).toEqual([]);
    expect(await lines('reembed_migrations')).toEqual(['reembed_migrations{phase="cancelled"} 1']);
  });

  it('goes on while Qdrant is away, without what Qdrant alone knows', async () => {
    const { state, world, lines } = await start();
    await state.migrations.insert(buildMigration({ id: 'm1', phase: 'copying' }));
    world.collections = { ...world.collections, serverVersion: away };
    expect(await lines('reembed_reachable')).toEqual(['reembed_reachable{server="qdrant"} 0', 'reembed_reachable{server="redis"} 1']);
    expect(await lines('reembed_migration_phase')).toEqual(['reembed_migration_phase{migration="m1",phase="copying"} 1']);
    expect(await lines('reembed_migration_set_aside')).toEqual([]);
  });

  it('is absent, and not what it was, while Redis is away', async () => {
    const { state, lines } = await start();
    await state.migrations.insert(buildMigration({ id: 'm1', phase: 'copying' }));
    expect(await lines('reembed_migrations')).toHaveLength(1);
    Object.assign(state.migrations, { list: away });
    expect(await lines('reembed_reachable')).toEqual(['reembed_reachable{server="qdrant"} 1', 'reembed_reachable{server="redis"} 0']);
    expect(await lines('reembed_migrations', 'reembed_migration_phase', 'reembed_workers')).toEqual([]);
  });
});
