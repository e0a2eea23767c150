import type { Migration } from '@reembed/core';
import { buildMigration, createFakeState } from '@reembed/testkit';
import { type Level, pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { logEvents, logMigrations } from './logged-state.ts';

const at = '2026-01-01T00:00:00.000Z';

function start(level: Level = 'info') {
  const said: { msg: string; level: number; [detail: string]: unknown }[] = [];
  const log = pino({ level }, { write: (line: string) => said.push(JSON.parse(line)) });
  const state = createFakeState();
  const migrations = logMigrations(state.migrations, log);
  const change = (part: Partial<Migration>) => migrations.update('m1', (now) => ({ ...now, ...part }));
  return { said, state, migrations, change, events: logEvents(state.events, log), messages: () => said.splice(0).map(({ msg }) => msg) };
}

describe('the log of a coordinator', () => {
  it('tells that a migration begins, and every phase, once', async () => {
    const on = start();
    await on.migrations.insert(buildMigration({ id: 'm1', target: 'docs_v2', claimed: false, phase: 'preparing', phaseNumber: 1 }));
    expect(on.messages()).toEqual(['migration m1 begins: "docs_v1" to "docs_v2"']);
    await on.change({ phase: 'copying', phaseNumber: 2 });
    expect(on.said).toMatchObject([{ level: 30, migration: 'm1', phase: 'copying', number: 2, from: 'preparing' }]);
    expect(on.messages()).toEqual(['migration m1 is copying']);
  });

  it('says nothing of a change that another coordinator made first, and nothing at a steady rest', async () => {
    const on = start();
    await on.migrations.insert(buildMigration({ id: 'm1', phase: 'ready' }));
    on.messages();
    await on.migrations.update('m1', () => null);
    const pass = { number: 8, kind: 'sync', sourcePoints: 10, startedAt: at } as const;
    for (const part of [{ pass }, { pass: null, lag: { differences: 0, at, quietPasses: 0, tookMs: 5 } }, { updatedAt: at }])
      await on.change(part);
    expect(on.messages()).toEqual([]);
  });

  it('tells a wait once when it begins and once when it ends, with since when, however its numbers count', async () => {
    const on = start();
    await on.migrations.insert(buildMigration({ id: 'm1', phase: 'indexing' }));
    on.messages();
    for (const vectors of [1, 20, 300])
      await on.change({ waiting: { kind: 'indexing', reason: `for Qdrant to index: ${vectors} of 300`, since: at } });
    expect(on.said).toMatchObject([{ since: at, reason: 'for Qdrant to index: 1 of 300' }]);
    expect(on.messages()).toEqual(['migration m1 waits: for Qdrant to index: 1 of 300']);
    await on.change({ waiting: { kind: 'worker', reason: 'for a worker', since: at } });
    expect(on.messages()).toEqual(['migration m1 no longer waits: for Qdrant to index: 300 of 300', 'migration m1 waits: for a worker']);
    await on.change({ waiting: null, phase: 'verifying', phaseNumber: 9 });
    expect(on.said).toMatchObject([{ since: at }, {}]);
    expect(on.messages()).toEqual(['migration m1 no longer waits: for a worker', 'migration m1 is verifying']);
  });

  it('tells a failure, also of what stays in its phase', async () => {
    const on = start();
    await on.migrations.insert(buildMigration({ id: 'm1', phase: 'copying', phaseNumber: 2 }));
    on.messages();
    await on.change({ phase: 'failed', phaseNumber: 3, error: { code: 'model-changed', message: 'other vectors' } });
    expect(on.said).toMatchObject([{ level: 30 }, { level: 40, code: 'model-changed' }]);
    expect(on.messages()).toEqual(['migration m1 is failed', 'migration m1 could not go on: other vectors']);
  });

  it('tells a take-over: from another fleet, and from what a target says', async () => {
    const on = start();
    await on.migrations.insert(buildMigration({ id: 'm1', target: 'docs_v2', claimed: true, phase: 'copying', owner: 'ours' }));
    expect(on.messages()).toEqual(['migration m1 is taken over from what "docs_v2" says: copying']);
    await on.change({ owner: 'another' });
    await on.change({ owner: 'ours', phaseNumber: 12 });
    expect(on.messages().at(-1)).toBe('migration m1 is taken over from fleet another: copying');
  });

  it('tells the word against a gate, whose it was and why', async () => {
    const on = start();
    await on.migrations.insert(buildMigration({ id: 'm1', phase: 'ready' }));
    on.messages();
    await on.change({ overrides: [{ gate: 'quality', verdict: 'fail', by: 'Ada', reason: 'known', at }] });
    expect(on.said).toMatchObject([{ gate: 'quality', by: 'Ada', reason: 'known' }]);
    expect(on.messages()).toEqual(['migration m1 goes over the quality gate (fail) on the word of Ada']);
  });

  it('tells what a stage has to say in words, and not how far it is', async () => {
    const on = start();
    await on.events.publish('m1', { type: 'note', at, message: 'the freeze lapsed' });
    await on.events.publish('m1', { type: 'waiting', at, reason: 'for a worker' });
    expect(on.messages()).toEqual(['the freeze lapsed']);
    expect(on.state.events.published).toHaveLength(2);
  });
});
