import { buildMigration, createFakeClock, createFakeState } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { createWorkLog, logBudget, logRanges, logSetAside } from './logged-work.ts';
import { createWaits } from './waits.ts';

function start() {
  const said: string[] = [];
  const say = (_: object, message: string) => void said.push(message);
  const log = { debug: () => {}, info: say, warn: say, error: say };
  const clock = createFakeClock();
  const waits = createWaits(log, clock);
  return { clock, waits, log, state: createFakeState({ clock }), work: createWorkLog(log, waits), told: () => said.splice(0) };
}

const away = { code: 'qdrant-unreachable', message: 'Qdrant is away' } as const;
const putBack = { kind: 'again', afterMs: 500, why: away } as const;
const done = { kind: 'done' } as const;

describe('the log of a worker', () => {
  it('tells in which phase it works, once', () => {
    const on = start();
    const migration = buildMigration({ id: 'm1', phase: 'copying', phaseNumber: 2 });
    for (let range = 0; range < 3; range++) on.work.begins(migration);
    expect(on.told()).toEqual(['works on migration m1: copying']);
  });

  it('tells what puts ranges back once, and once that it is over: only after a rest', async () => {
    const on = start();
    for (let range = 0; range < 3; range++) on.work.ended('m1', putBack);
    expect(on.told()).toEqual(['waiting, m1: Qdrant is away [qdrant-unreachable]']);
    on.work.ended('m1', done);
    expect(on.told()).toEqual([]);
    await on.clock.sleep(30_000);
    on.work.ended('m2', done);
    expect(on.told()).toEqual([]);
    on.work.ended('m1', done);
    on.work.ended('m1', done);
    expect(on.told()).toEqual(['no longer waiting, m1: Qdrant is away [qdrant-unreachable]']);
  });

  it('ends the waits of a phase with it, and all when it stops', () => {
    const on = start();
    on.work.ended('m1', putBack);
    on.work.ended('m2', putBack);
    on.told();
    on.work.begins(buildMigration({ id: 'm1', phase: 'syncing', phaseNumber: 3 }));
    expect(on.told()).toEqual(['no longer waiting, m1: Qdrant is away [qdrant-unreachable]', 'works on migration m1: syncing']);
    on.waits.close();
    expect(on.told()).toEqual(['no longer waiting, m2: Qdrant is away [qdrant-unreachable]']);
  });

  it('tells that a provider holds the fleet back, until its requests pass', async () => {
    const on = start();
    const budget = logBudget(on.state.rateBudget, on.waits);
    const ask = () => budget.pass('openai/x', { inputs: 1, tokens: 1 }, new AbortController().signal);
    for (let tries = 0; tries < 3; tries++) {
      await ask();
      await budget.coolDown('openai/x', 2_000, 'it answered 429');
    }
    expect(on.told()).toEqual(['waiting, openai/x: it answered 429']);
    await on.clock.sleep(30_000);
    await ask();
    expect(on.told()).toEqual(['no longer waiting, openai/x: it answered 429']);
  });

  it('tells a range that is given up, by its holder only, and what stops a migration', async () => {
    const on = start();
    await on.state.ranges.append('m1', 0, [{ seq: 0, start: null, end: null }], { cursor: null, done: true });
    await on.state.ranges.claim('m1', 1, 0, 'holder');
    const ranges = logRanges(on.state.ranges, on.log);
    await ranges.giveUp('m1', 1, 0, 'another', away);
    expect(on.told()).toEqual([]);
    await ranges.giveUp('m1', 1, 0, 'holder', away);
    await ranges.reportFatal('m1', 1, { code: 'provider-unauthorized', message: 'no' });
    expect(on.told()).toEqual(['range 0 of migration m1 is given up: Qdrant is away', 'migration m1 cannot go on: no']);
  });

  it('tells the first point that is set aside for a reason', async () => {
    const on = start();
    const setAside = logSetAside(on.state.setAside, on.log);
    for (const id of ['1', '2', '3']) {
      const entry = { id: { kind: 'integer', id } as const, vector: '', code: 'text-missing', payloadHash: 'h' };
      await setAside.put('m1', [{ ...entry, reason: `point ${id} has no text` }]);
    }
    expect(on.told()).toEqual(['migration m1 sets points aside, the first: point 1 has no text']);
    expect((await setAside.count('m1')).open).toBe(3);
  });
});
