import type {
  Costs,
  Events,
  Fleet,
  GateStore,
  Migrations,
  Pace,
  Ranges,
  RateBudget,
  SearchTallies,
  Standing,
  Writers,
} from '@reembed/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGates, integerId as integer, newId } from '../builders/build-documents.ts';
import { dividePromises } from './divide-contract.ts';
import { migrationPromises } from './migrations-contract.ts';
import { costPromises, pacePromises, timesPromises } from './pace-contract.ts';
import { totalPromises } from './pass-totals-contract.ts';
import { holderPromises, splitPromises } from './ranges-contract.ts';
import { searchTallyPromises } from './search-tallies-contract.ts';
import { budgetPromises, eventPromises, writerPromises } from './signals-contract.ts';

export type StateUnderTest = AsyncDisposable & {
  readonly migrations: Migrations;
  readonly ranges: Ranges;
  readonly writers: Writers;
  readonly events: Events;
  readonly fleet: Fleet;
  readonly gates: GateStore;
  readonly rateBudget: RateBudget & Standing;
  readonly pace: Pace;
  readonly costs: Costs;
  readonly searchTallies: SearchTallies;
};

/** What the ports of the shared state promise; every adapter and every fake of them runs it. */
export function runStateContract(name: string, makeState: () => Promise<StateUnderTest>): void {
  describe(`${name} keeps the promises of the shared state`, () => {
    let state: StateUnderTest;
    beforeAll(async () => {
      state = await makeState();
    });
    afterAll(async () => {
      await state[Symbol.asyncDispose]();
    });

    describe('migrations', () => migrationPromises(() => state.migrations));
    describe('splitting', () => splitPromises(() => state.ranges));
    describe('holding a range', () => holderPromises(() => state.ranges));
    describe('dividing a range', () => dividePromises(() => state.ranges));
    describe('totals of a pass', () => totalPromises(() => state.ranges));
    describe('writers', () => writerPromises(() => state.writers));
    describe('events', () => eventPromises(() => state.events));
    describe('rate budget', () => budgetPromises(() => state.rateBudget));
    describe('pace', () => pacePromises(() => state.pace));
    describe('times', () => timesPromises(() => state.pace));
    describe('tallies of searches', () => searchTallyPromises(() => state.searchTallies));
    describe('costs', () => costPromises(() => state.costs));
    it('keeps what gates measured and drew, by migration, the last of each', async () => {
      const id = newId();
      expect(await state.gates.load(id)).toBeNull();
      expect(await state.gates.draw(id)).toBeNull();
      const gates = buildGates();
      for (const at of ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z']) {
        await state.gates.save(id, { ...gates, at });
        await state.gates.saveDraw(id, { at, points: [integer(2n ** 64n - 1n)], knownItems: [{ text: 'a', document: '7' }] });
      }
      expect(await state.gates.load(id)).toEqual({ ...gates, at: '2026-01-02T00:00:00.000Z' });
      expect(await state.gates.draw(id)).toMatchObject({ at: '2026-01-02T00:00:00.000Z', points: [integer(2n ** 64n - 1n)] });
      expect(await state.gates.load(newId())).toBeNull();
    });

    it('answers the same fleet id every time', async () => {
      const ids = await Promise.all([state.fleet.id(), state.fleet.id(), state.fleet.id()]);
      expect(new Set(ids).size).toBe(1);
    });
  });
}
