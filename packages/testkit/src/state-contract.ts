import { randomUUID } from 'node:crypto';
import { type MigrationEvent, type PointId, type Range, specSchema } from '@reembed/contracts';
import {
  type Events,
  type Fleet,
  type GateStore,
  longestLookMs,
  type Migration,
  type Migrations,
  newMigration,
  type Ranges,
  type RateBudget,
  type Writers,
} from '@reembed/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGates } from './build-gates.ts';

export type StateUnderTest = AsyncDisposable & {
  readonly migrations: Migrations;
  readonly ranges: Ranges;
  readonly writers: Writers;
  readonly events: Events;
  readonly fleet: Fleet;
  readonly gates: GateStore;
  readonly rateBudget: RateBudget;
};

/** A migration document as a test wants it. Id, target and alias are new with every call. */
export function buildMigration(change: Partial<Migration> & { target?: string; alias?: string | null } = {}): Migration {
  const { target, alias, ...fields } = change;
  const id = fields.id ?? `m-${randomUUID().slice(0, 8)}`;
  const fresh = newMigration({
    id,
    spec: specSchema.parse({
      name: id,
      source: { collection: 'docs_v1' },
      target: { collection: target ?? `docs-${id}`, alias: alias === undefined ? `alias-${id}` : alias },
      vectors: { '': { embed: { model: 'hash/64', text: '{{body}}' } } },
    }),
    resolved: {
      source: 'docs_v1',
      aliasBefore: 'docs_v1',
      serverVersion: '1.19.0',
      changedKind: null,
      heldBack: { indexingThreshold: null, strictMode: null },
      addedVectors: [],
      storedAs: {},
      avgLen: {},
      adapters: {},
      textFile: null,
    },
    owner: 'fleet',
    createdAt: '2026-01-01T00:00:00.000Z',
  });
  return { ...fresh, ...fields };
}

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

const integer = (id: number | string | bigint): PointId => ({ kind: 'integer', id: String(id) });
const uuid = (hex: string): PointId => ({ kind: 'uuid', id: `${hex.repeat(8)}-0000-4000-8000-000000000000` });
const newId = () => `m-${randomUUID().slice(0, 8)}`;

function migrationPromises(of: () => Migrations): void {
  it('loads what was inserted, exactly', async () => {
    const migration = buildMigration();
    expect(await of().insert(migration)).toEqual({ kind: 'inserted' });
    expect(await of().load(migration.id)).toEqual(migration);
    expect(await of().load('unknown')).toBeNull();
  });

  it('lists the newest first', async () => {
    const older = buildMigration({ createdAt: '2030-01-01T00:00:00.000Z' });
    const newer = buildMigration({ createdAt: '2030-01-01T00:00:00.001Z' });
    for (const migration of [newer, older]) await of().insert(migration);
    const ids = (await of().list()).map((migration) => migration.id);
    expect(ids.indexOf(newer.id)).toBeLessThan(ids.indexOf(older.id));
    expect(ids).toHaveLength(new Set(ids).size);
  });

  it.each(['target', 'alias'] as const)('refuses a second migration on the same %s, whole, and allows it after release', async (what) => {
    const name = newId();
    const first = buildMigration({ [what]: name });
    const second = buildMigration({ [what]: name });
    await of().insert(first);
    expect(await of().insert(second)).toEqual({ kind: 'taken', what, by: first.id });
    expect(await of().load(second.id)).toBeNull();
    // Nothing of the refused one was claimed: its other name is free.
    const other = what === 'target' ? { alias: second.spec.target.alias } : { target: second.spec.target.collection };
    expect(await of().insert(buildMigration(other))).toEqual({ kind: 'inserted' });
    await of().release(first.id);
    expect(await of().insert(buildMigration({ [what]: name }))).toEqual({ kind: 'inserted' });
  });

  it('lets one of many inserts at once have the target', async () => {
    const target = newId();
    const results = await Promise.all(Array.from({ length: 20 }, () => of().insert(buildMigration({ target }))));
    expect(results.filter((result) => result.kind === 'inserted')).toHaveLength(1);
  });

  it('does not let a late release take away what another migration holds', async () => {
    const target = newId();
    const first = buildMigration({ target });
    const second = buildMigration({ target });
    await of().insert(first);
    await of().release(first.id);
    await of().insert(second);
    await of().release(first.id);
    expect(await of().insert(buildMigration({ target }))).toEqual({ kind: 'taken', what: 'target', by: second.id });
  });

  it('answers a repeated idempotency key with the migration it made', async () => {
    const key = `${newId()}: any text, long or short`;
    const first = buildMigration();
    expect(await of().byIdempotencyKey(key)).toBeNull();
    await of().insert(first, { key, fingerprint: 'a' });
    expect(await of().insert(buildMigration(), { key, fingerprint: 'b' })).toEqual({ kind: 'repeated', id: first.id, fingerprint: 'a' });
    expect(await of().byIdempotencyKey(key)).toEqual({ id: first.id, fingerprint: 'a' });
  });

  it('does not remember the idempotency key of a refused insert', async () => {
    const first = buildMigration();
    await of().insert(first);
    const key = newId();
    await of().insert(buildMigration({ target: first.spec.target.collection }), { key, fingerprint: 'a' });
    expect(await of().byIdempotencyKey(key)).toBeNull();
  });

  it('loses none of many updates at once', async () => {
    const migration = buildMigration();
    await of().insert(migration);
    await Promise.all(
      Array.from({ length: 30 }, () => of().update(migration.id, (now) => ({ ...now, lastPassNumber: now.lastPassNumber + 1 }))),
    );
    expect((await of().load(migration.id))?.lastPassNumber).toBe(30);
  });

  it('answers what an update stored, and null where the change declines or there is no migration', async () => {
    const migration = buildMigration();
    await of().insert(migration);
    expect(await of().update(migration.id, (now) => ({ ...now, epoch: 7 }))).toEqual({ ...migration, epoch: 7 });
    expect(await of().update(migration.id, () => null)).toBeNull();
    expect(await of().update('unknown', (now) => now)).toBeNull();
    expect((await of().load(migration.id))?.epoch).toBe(7);
  });
}

/** Ranges of ten integer ids each, the last one open. */
function tiling(count: number): Range[] {
  return Array.from({ length: count }, (_, seq) => ({
    seq,
    start: seq === 0 ? null : integer(seq * 10),
    end: seq === count - 1 ? null : integer((seq + 1) * 10),
  }));
}

async function withRanges(ranges: Ranges, count: number): Promise<string> {
  const id = newId();
  await ranges.append(id, 0, tiling(count), { cursor: null, done: true });
  return id;
}

function splitPromises(of: () => Ranges): void {
  it('starts with nothing', async () => {
    expect(await of().split('unknown')).toEqual({ nextSeq: 0, cursor: null, done: false });
    expect(await of().open('unknown', 1, 0, 10)).toEqual([]);
  });

  it('appends ranges and moves the cursor together', async () => {
    const id = newId();
    expect(await of().append(id, 0, tiling(3).slice(0, 2), { cursor: integer(20), done: false })).toBe(true);
    expect(await of().split(id)).toEqual({ nextSeq: 2, cursor: integer(20), done: false });
    expect(await of().append(id, 2, [{ seq: 2, start: integer(20), end: null }], { cursor: null, done: true })).toBe(true);
    expect(await of().split(id)).toEqual({ nextSeq: 3, cursor: null, done: true });
  });

  it('lets one of two splitters on', async () => {
    const id = newId();
    const append = () => of().append(id, 0, tiling(1), { cursor: null, done: true });
    expect((await Promise.all([append(), append()])).sort()).toEqual([false, true]);
    expect((await of().split(id)).nextSeq).toBe(1);
  });

  it.each([
    ['integers past 2^63', integer('9223372036854775809'), integer('18446744073709551615')],
    ['an integer and a UUID', integer(0), uuid('a')],
    ['UUIDs', uuid('0'), uuid('f')],
  ])('keeps bounds of %s', async (_, start, end) => {
    const id = newId();
    await of().append(id, 0, [{ seq: 0, start, end }], { cursor: end, done: false });
    expect(await of().claim(id, 1, 0, 'a')).toMatchObject({ start, end });
    expect((await of().split(id)).cursor).toEqual(end);
  });

  it('finds open ranges from a place on, without those that ended', async () => {
    const id = await withRanges(of(), 30);
    for (const seq of [0, 1, 8, 9, 17]) {
      await of().claim(id, 1, seq, 'a');
      if (seq === 9) await of().giveUp(id, 1, seq, 'a', { code: 'internal', message: 'no' });
      else await of().finish(id, 1, seq, 'a', { points: 1 });
    }
    await of().claim(id, 1, 2, 'a');
    expect(await of().open(id, 1, 0, 5)).toEqual([2, 3, 4, 5, 6]);
    expect(await of().open(id, 1, 7, 3)).toEqual([7, 10, 11]);
    expect(await of().open(id, 1, 17, 100)).toEqual([18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
    expect(await of().open(id, 2, 0, 3)).toEqual([0, 1, 2]);
  });

  it('forgets passes, but not what was spent in them, nor those to keep, nor later ones', async () => {
    const id = await withRanges(of(), 2);
    for (const pass of [1, 2, 3, 4]) {
      await of().claim(id, pass, 0, 'a');
      await of().finish(id, pass, 0, 'a', { points: 1, texts: 2, tokens: 3, hash: 'h' });
      await of().claim(id, pass, 1, 'a');
    }
    await of().forgetPasses(id, 3, [2]);
    expect(await of().summary(id, 1)).toMatchObject({ total: 2, done: 0, points: 0 });
    expect(await of().hashOf(id, 1, 0)).toBeNull();
    expect(await of().finish(id, 1, 1, 'a', { points: 1 })).toBe(false);
    expect(await of().finish(id, 2, 1, 'a', { points: 1 })).toBe(true);
    for (const kept of [2, 3, 4]) expect(await of().hashOf(id, kept, 0)).toBe('h');
    expect(await of().spent(id)).toEqual({ texts: 8, tokens: 12 });
  });

  it('sheds what nobody needs of a migration that has ended: totals and lists stay, and no range is worked on any more', async () => {
    const id = await withRanges(of(), 2);
    const listed = [{ kind: 'missing', id: integer(7) }] as const;
    await of().claim(id, 1, 0, 'a');
    await of().finish(id, 1, 0, 'a', { points: 3, hash: 'h', findings: listed, listed });
    await of().claim(id, 1, 1, 'a');
    await of().shed(id);
    expect(await of().summary(id, 1)).toMatchObject({ total: 2, done: 1, points: 3, splitDone: true, findings: [{ count: 1 }] });
    expect(await of().listed(id, 1, 0, 10)).toEqual(listed);
    expect(await of().hashOf(id, 1, 0)).toBeNull();
    expect(await of().finish(id, 1, 1, 'a', { points: 1 })).toBe(false);
    expect(await of().claim(id, 2, 0, 'a')).toBeNull();
    await of().shed(id);
  });
}

function holderPromises(of: () => Ranges): void {
  it('hands out a fresh range at its start, and nothing for an unknown or ended one', async () => {
    const id = await withRanges(of(), 3);
    const fresh = { seq: 1, start: integer(10), end: integer(20), next: null, points: 0, attempts: 0, takenOver: false };
    expect(await of().claim(id, 1, 1, 'a')).toEqual(fresh);
    expect(await of().claim(id, 1, 3, 'a')).toBeNull();
    await of().finish(id, 1, 1, 'a', { points: 1 });
    expect(await of().claim(id, 1, 1, 'a')).toBeNull();
    expect(await of().claim(id, 2, 1, 'a')).toEqual(fresh);
  });

  it('lets a new holder go on where the last checkpoint stands, and tells it of the other', async () => {
    const id = await withRanges(of(), 1);
    await of().claim(id, 1, 0, 'a');
    await of().checkpoint(id, 1, 0, 'a', integer(4), { points: 4 });
    expect(await of().claim(id, 1, 0, 'b')).toMatchObject({ next: integer(4), points: 4, takenOver: true });
  });

  it('takes nothing from a holder that was replaced', async () => {
    const id = await withRanges(of(), 1);
    await of().claim(id, 1, 0, 'a');
    await of().claim(id, 1, 0, 'b');
    const found = [{ kind: 'missing' as const, id: integer(1) }];
    expect(await of().checkpoint(id, 1, 0, 'a', integer(4), { points: 4, texts: 4, tokens: 4, findings: found })).toBe(false);
    expect(await of().finish(id, 1, 0, 'a', { points: 4 })).toBe(false);
    expect(await of().giveUp(id, 1, 0, 'a', { code: 'internal', message: 'no' })).toBe(false);
    expect(await of().noteAttempt(id, 1, 0, 'a')).toBe(0);
    expect(await of().summary(id, 1)).toMatchObject({ done: 0, failed: 0, points: 0, findings: [], failures: [] });
    expect(await of().finish(id, 1, 0, 'b', { points: 5 })).toBe(true);
    expect((await of().summary(id, 1)).points).toBe(5);
  });

  it('counts a repeated checkpoint and a repeated finish once', async () => {
    const id = await withRanges(of(), 1);
    await of().claim(id, 1, 0, 'a');
    const delta = { points: 4, texts: 4, tokens: 40 };
    expect(await of().checkpoint(id, 1, 0, 'a', integer(4), delta)).toBe(true);
    expect(await of().checkpoint(id, 1, 0, 'a', integer(4), delta)).toBe(true);
    await of().finish(id, 1, 0, 'a', { points: 1 });
    await of().finish(id, 1, 0, 'a', { points: 1 });
    expect(await of().summary(id, 1)).toMatchObject({ done: 1, points: 5 });
    expect(await of().spent(id)).toEqual({ texts: 4, tokens: 40 });
  });

  it('counts attempts over holders until a checkpoint', async () => {
    const id = await withRanges(of(), 1);
    await of().claim(id, 1, 0, 'a');
    expect(await of().noteAttempt(id, 1, 0, 'a')).toBe(1);
    expect(await of().claim(id, 1, 0, 'b')).toMatchObject({ attempts: 1 });
    expect(await of().noteAttempt(id, 1, 0, 'b')).toBe(2);
    await of().checkpoint(id, 1, 0, 'b', integer(2), { points: 2 });
    expect(await of().noteAttempt(id, 1, 0, 'b')).toBe(1);
  });

  it('gives every point to one of many holders that fight over a range', async () => {
    const id = await withRanges(of(), 1);
    const steps = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        await of().claim(id, 1, 0, `h${n}`);
        return of().finish(id, 1, 0, `h${n}`, { points: 10 });
      }),
    );
    expect(steps.filter(Boolean)).toHaveLength(1);
    expect(await of().summary(id, 1)).toMatchObject({ done: 1, points: 10 });
  });
}

function dividePromises(of: () => Ranges): void {
  const bounds = async (id: string, pass: number) => {
    const { nextSeq } = await of().split(id);
    const claimed = await Promise.all(Array.from({ length: nextSeq }, (_, seq) => of().claim(id, pass, seq, 'reader')));
    return claimed.map((range) => [range?.start?.id ?? null, range?.end?.id ?? null]);
  };

  it('makes ranges that tile what was one, in one step with what was done of it', async () => {
    const id = await withRanges(of(), 3);
    await of().claim(id, 1, 1, 'a');
    await of().checkpoint(id, 1, 1, 'a', integer(12), { points: 2 });
    const division = { bounds: [integer(12), integer(15), integer(18)], done: 2 };
    expect(await of().divide(id, 1, 1, 'a', division, { points: 3, texts: 1, tokens: 2 })).toBe(true);
    expect(await of().split(id)).toEqual({ nextSeq: 6, cursor: null, done: true });
    expect(await of().open(id, 1, 0, 10)).toEqual([0, 2, 4, 5]);
    expect(await of().summary(id, 1)).toMatchObject({ total: 6, done: 2, points: 5 });
    expect(await of().spent(id)).toEqual({ texts: 1, tokens: 2 });
    expect(await of().claim(id, 1, 4, 'b')).toMatchObject({
      start: integer(15),
      end: integer(18),
      next: null,
      points: 0,
      takenOver: false,
    });
    expect(await bounds(id, 2)).toEqual([
      [null, '10'],
      ['10', '12'],
      ['20', null],
      ['12', '15'],
      ['15', '18'],
      ['18', '20'],
    ]);
  });

  it('divides the last range, which has no end, and one that is done to its end', async () => {
    const id = await withRanges(of(), 1);
    await of().claim(id, 1, 0, 'a');
    expect(await of().divide(id, 1, 0, 'a', { bounds: [uuid('a')], done: 2 }, { points: 9 })).toBe(true);
    expect(await of().open(id, 1, 0, 10)).toEqual([]);
    expect(await of().summary(id, 1)).toMatchObject({ total: 2, done: 2 });
    expect(await bounds(id, 2)).toEqual([
      [null, uuid('a').id],
      [uuid('a').id, null],
    ]);
  });

  it('takes a division from nobody but the holder, and once: also a repeated one changes nothing', async () => {
    const id = await withRanges(of(), 2);
    await of().claim(id, 1, 0, 'zombie');
    await of().claim(id, 1, 0, 'a');
    const division = { bounds: [integer(3), integer(6)], done: 2 };
    expect(await of().divide(id, 1, 0, 'zombie', division, { points: 1 })).toBe(false);
    expect(await of().divide(id, 1, 0, 'a', division, { points: 1 })).toBe(true);
    expect(await of().divide(id, 1, 0, 'a', division, { points: 1 })).toBe(false);
    expect(await of().checkpoint(id, 1, 0, 'zombie', integer(5), { points: 1 })).toBe(false);
    expect(await of().finish(id, 1, 0, 'zombie', { points: 1 })).toBe(false);
    expect(await of().summary(id, 1)).toMatchObject({ total: 4, done: 2, points: 1 });
  });

  it('takes no division from a worker of a pass that was left, once a range of a later one is being read', async () => {
    const id = await withRanges(of(), 2);
    await of().claim(id, 3, 0, 'zombie');
    await of().claim(id, 4, 1, 'a');
    expect(await of().divide(id, 3, 0, 'zombie', { bounds: [integer(3)], done: 1 }, { points: 1 })).toBe(false);
    await of().finish(id, 4, 1, 'a', { points: 1, hash: 'of the whole range' });
    expect(await of().claim(id, 5, 0, 'b')).toMatchObject({ start: null, end: integer(10) });
    expect(await of().split(id)).toMatchObject({ nextSeq: 2 });
  });

  it('goes together with a scan that is still making ranges', async () => {
    const id = newId();
    await of().append(id, 0, [{ seq: 0, start: null, end: integer(10) }], { cursor: integer(10), done: false });
    await of().claim(id, 1, 0, 'a');
    await of().divide(id, 1, 0, 'a', { bounds: [integer(5)], done: 1 }, { points: 1 });
    expect(await of().append(id, 1, [{ seq: 1, start: integer(10), end: null }], { cursor: null, done: true })).toBe(false);
    expect(await of().append(id, 2, [{ seq: 2, start: integer(10), end: null }], { cursor: null, done: true })).toBe(true);
    expect(await bounds(id, 2)).toEqual([
      [null, '5'],
      ['5', '10'],
      ['10', null],
    ]);
  });
}

function totalPromises(of: () => Ranges): void {
  it('keeps the greatest change it was told of, exactly', async () => {
    const id = await withRanges(of(), 4);
    const told = [-0.5, 1_767_225_600_000.25, 1e-7, undefined];
    for (const [seq, latestChange] of told.entries()) {
      await of().claim(id, 1, seq, 'a');
      await of().finish(id, 1, seq, 'a', { points: 1, ...(latestChange === undefined ? {} : { latestChange }) });
      expect((await of().summary(id, 1)).latestChange).toBe(seq === 0 ? -0.5 : 1_767_225_600_000.25);
    }
    expect((await of().summary(id, 2)).latestChange).toBeNull();
  });

  it('adds up what differs, in whatever order the ranges end', async () => {
    const id = await withRanges(of(), 2);
    for (const [pass, seqs] of [
      [1, [0, 1]],
      [2, [1, 0]],
    ] as const) {
      for (const seq of seqs) {
        await of().claim(id, pass, seq, 'a');
        await of().finish(id, pass, seq, 'a', { points: 1, differing: seq === 0 ? 4_294_967_295 : 2 ** 52 });
      }
      expect((await of().summary(id, pass)).differing).toBe(String(4_294_967_295 + 2 ** 52));
    }
    expect((await of().summary(id, 3)).differing).toBe('0');
  });

  it('sums up points, texts and tokens over ranges and passes', async () => {
    const id = await withRanges(of(), 2);
    for (const pass of [1, 2]) {
      for (const seq of [0, 1]) {
        await of().claim(id, pass, seq, 'a');
        await of().checkpoint(id, pass, seq, 'a', integer(seq * 10 + 5), { points: 5, texts: 2, tokens: 20 });
        await of().finish(id, pass, seq, 'a', { points: 5, texts: 1, tokens: 10 });
      }
    }
    const expected = {
      total: 2,
      done: 2,
      failed: 0,
      splitDone: true,
      points: 20,
      workedMs: 0,
      findings: [],
      differing: '0',
      latestChange: null,
      fatal: null,
      failures: [],
    };
    expect(await of().summary(id, 1)).toEqual(expected);
    expect(await of().spent(id)).toEqual({ texts: 12, tokens: 120 });
  });

  it('counts the time between two notes of work, in the pass they are of', async () => {
    const id = await withRanges(of(), 1);
    await of().noteWork(id, 1);
    expect((await of().summary(id, 1)).workedMs).toBe(0);
    await of().noteWork(id, 1);
    const { workedMs } = await of().summary(id, 1);
    expect(workedMs).toBeGreaterThanOrEqual(0);
    expect(workedMs).toBeLessThanOrEqual(longestLookMs);
    expect((await of().summary(id, 2)).workedMs).toBe(0);
  });

  it('counts every finding and names the first hundred of a kind', async () => {
    const id = await withRanges(of(), 1);
    await of().claim(id, 1, 0, 'a');
    const missing = Array.from({ length: 150 }, (_, n) => ({ kind: 'missing' as const, id: integer(n) }));
    await of().checkpoint(id, 1, 0, 'a', integer(150), { points: 150, findings: missing });
    await of().finish(id, 1, 0, 'a', { points: 1, findings: [{ kind: 'extra', id: uuid('b') }] });
    const { findings } = await of().summary(id, 1);
    expect(findings.map(({ kind, count }) => [kind, count])).toEqual([
      ['missing', 150],
      ['extra', 1],
    ]);
    expect(findings[0]?.ids).toEqual(missing.slice(0, 100).map((finding) => finding.id));
    expect(findings[1]?.ids).toEqual([uuid('b')]);
  });

  it('keeps the last hundred failures, and the first fatal error', async () => {
    const id = await withRanges(of(), 120);
    for (let seq = 0; seq < 120; seq++) {
      await of().claim(id, 1, seq, 'a');
      expect(await of().giveUp(id, 1, seq, 'a', { code: 'internal', message: `no ${seq}` })).toBe(true);
    }
    await of().reportFatal(id, 1, { code: 'provider-unauthorized', message: 'first' });
    await of().reportFatal(id, 1, { code: 'provider-unauthorized', message: 'second' });
    const summary = await of().summary(id, 1);
    expect(summary).toMatchObject({ failed: 120, done: 0, fatal: { code: 'provider-unauthorized', message: 'first' } });
    expect(summary.failures).toHaveLength(100);
    expect(summary.failures.at(-1)).toEqual({ seq: 119, code: 'internal', message: 'no 119' });
    expect((await of().summary(id, 2)).fatal).toBeNull();
  });
}

function writerPromises(of: () => Writers): void {
  it('lets nobody in before it is opened or after it is closed', async () => {
    const id = newId();
    expect(await of().enter(id, 1, 'a')).toBe(false);
    await of().open(id, 1);
    expect(await of().enter(id, 1, 'a')).toBe(true);
    expect(await of().enter(id, 2, 'a')).toBe(false);
    expect(await of().close(id, 1)).toBe(1);
    expect(await of().enter(id, 1, 'b')).toBe(false);
    await of().open(id, 1);
    expect(await of().enter(id, 1, 'b')).toBe(false);
  });

  it('counts who is still in, each once', async () => {
    const id = newId();
    await of().open(id, 1);
    for (const holder of ['a', 'b', 'b', 'c']) await of().enter(id, 1, holder);
    await of().leave(id, 1, 'c');
    await of().leave(id, 1, 'c');
    expect(await of().close(id, 1)).toBe(2);
    await of().leave(id, 1, 'a');
    expect(await of().close(id, 1)).toBe(1);
    await of().leave(id, 1, 'b');
    expect(await of().close(id, 1)).toBe(0);
  });

  it('says where there is no register', async () => {
    expect(await of().close(newId(), 1)).toBeNull();
  });
}

function eventPromises(of: () => Events): void {
  const note = (message: string): MigrationEvent => ({ type: 'note', at: '2026-01-01T00:00:00.000Z', message });

  async function take(events: Events, id: string, after: string | null, count: number, publish: () => Promise<void> = async () => {}) {
    const stop = new AbortController();
    const following = events.follow(id, after, stop.signal);
    await publish();
    const taken: { id: string; event: MigrationEvent }[] = [];
    for await (const item of following) if (taken.push(item) === count) stop.abort();
    return taken;
  }

  it('sends what is published after following began', async () => {
    const id = newId();
    await of().publish(id, note('before'));
    const taken = await take(of(), id, null, 2, async () => {
      for (const text of ['one', 'two']) await of().publish(id, note(text));
    });
    expect(taken.map(({ event }) => event)).toEqual([note('one'), note('two')]);
  });

  it('goes on after the event a reader saw last', async () => {
    const id = newId();
    for (const text of ['one', 'two', 'three']) await of().publish(id, note(text));
    const [first] = await take(of(), id, '0', 1);
    expect(first?.event).toEqual(note('one'));
    const rest = await take(of(), id, first?.id ?? '', 2);
    expect(rest.map(({ event }) => event)).toEqual([note('two'), note('three')]);
  });

  it('ends when the signal aborts, also while it waits', async () => {
    const stop = new AbortController();
    const following = of().follow(newId(), null, stop.signal)[Symbol.asyncIterator]();
    const next = following.next();
    stop.abort();
    expect((await next).done).toBe(true);
  });
}

function budgetPromises(of: () => RateBudget): void {
  const need = { inputs: 1, tokens: 10 };
  const never = new AbortController().signal;

  it('lets pass where nothing holds', async () => {
    await of().pass(newId(), need, never);
  });

  it('lets nobody pass while it holds, and a shorter hold does not shorten a longer', async () => {
    const model = newId();
    const began = performance.now();
    await of().hold(model, 300);
    await of().hold(model, 10);
    await Promise.all([of().pass(model, need, never), of().pass(model, need, never)]);
    // A clock of the store may count whole milliseconds.
    expect(performance.now() - began).toBeGreaterThan(298);
  });

  it('stops waiting with the reason of the signal', async () => {
    const model = newId();
    await of().hold(model, 60_000);
    const stop = new AbortController();
    const passing = of().pass(model, need, stop.signal);
    stop.abort(new Error('enough'));
    await expect(passing).rejects.toThrow('enough');
  });
}
