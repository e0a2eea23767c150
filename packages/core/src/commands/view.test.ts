import { migrationViewSchema, type Phase, phases, specSchema } from '@reembed/contracts';
import {
  buildMigration,
  createFakeCatalogue,
  createFakeClock,
  createFakeEmbedder,
  createFakeState,
  createFakeStores,
} from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import type { SetAside } from '../ports/state.ts';
import { viewOf } from './view.ts';

async function view(change: Parameters<typeof buildMigration>[0], setAside = 0, counts: Partial<SetAside> = {}) {
  const clock = createFakeClock('2026-01-01T00:00:10.000Z');
  const state = createFakeState({ clock });
  const entry = { vector: '', code: '', reason: '', payloadHash: '' };
  await state.setAside.put(
    'm1',
    Array.from({ length: setAside }, (_, n) => ({ ...entry, id: { kind: 'integer', id: String(n) } as const })),
  );
  await state.ranges.append('m1', 0, [{ seq: 0, start: null, end: null }], { cursor: null, done: true });
  await state.ranges.claim('m1', 1, 0, 'h');
  for (let seconds = 0; seconds <= 10; seconds++, clock.advance(1_000)) await state.ranges.noteWork('m1', 1);
  await state.ranges.checkpoint('m1', 1, 0, 'h', { kind: 'integer', id: '9' }, { points: 20, texts: 10, tokens: 500_000 });
  const catalogue = createFakeCatalogue([createFakeEmbedder({ model: 'hash/64' })]);
  const { collections } = createFakeStores();
  await collections.create('docs_v2', { vectors: {}, metadata: { reembed: { id: 'm1' } } });
  await collections.pointAlias('docs', 'docs_v2');
  return viewOf(
    { ...state, setAside: { ...state.setAside, ...counts }, catalogue, collections },
    buildMigration({ id: 'm1', target: 'docs_v2', alias: 'docs', ...change }),
  );
}

const twoStep = specSchema.parse({
  name: 'docs',
  source: { collection: 'docs_v1' },
  target: { collection: 'docs_v2', alias: 'docs' },
  vectors: { '': { keep: '' }, new: { embed: { model: 'hash/64', text: '{{body}}' } } },
});

describe('the next step', () => {
  it.each<[string, Partial<Migration>, number, RegExp]>([
    ['ready', { phase: 'ready' }, 0, /Change the query side, then: `reembed switch m1`/],
    [
      'ready with the old vector kept',
      { phase: 'ready', spec: twoStep },
      0,
      /Queries stay as they are while the alias moves: `reembed switch m1`/,
    ],
    ['ready with points set aside', { phase: 'ready' }, 2, /2 point\(s\) are set aside.*mend them.*reembed accept m1/],
    ['observing', { phase: 'observing' }, 0, /readers of "docs" see the new collection; "docs_v1" is kept.*complete m1 --confirm docs_v1/],
    [
      'a refused rollback',
      { phase: 'observing', rollback: { writes: 3, findings: [] } },
      0,
      /3 write\(s\) since the switch would be lost.*rollback m1 --lose-writes 3/,
    ],
    [
      'paused',
      { phase: 'paused', resumeTo: 'copying' },
      0,
      /Nothing is written. Go on: `reembed resume m1`\. End it: `reembed cancel m1`$/,
    ],
    [
      'failed',
      { phase: 'failed', error: { code: 'internal', message: 'odd' } },
      0,
      /Stopped: odd. Then: `reembed resume m1`, or: `reembed cancel m1`$/,
    ],
    ['cancelled', { phase: 'cancelled' }, 0, /"docs_v2" remains, and .*`reembed discard m1 --confirm docs_v2`$/],
    ['completed', { phase: 'completed' }, 0, /"docs_v1" is deleted/],
    ['rolled back', { phase: 'rolled-back' }, 0, /Readers see "docs_v1" again/],
    ['copying', { phase: 'copying' }, 0, /it goes on by itself/],
    [
      'copying without a worker',
      { phase: 'copying', waiting: { kind: 'worker', reason: 'for a worker', since: '2026-01-01T00:00:00.000Z' } },
      0,
      /^It goes on as soon as a worker runs: `reembed worker`\.$/,
    ],
  ])('of one that is %s', async (_, change, setAside, next) => {
    expect((await view(change, setAside)).next).toMatch(next);
  });

  it('does not speak of readers again where the alias was new', async () => {
    const { resolved } = buildMigration();
    const { next } = await view({ phase: 'rolled-back', resolved: { ...resolved, aliasBefore: null } });
    expect(next).toMatch(/^The alias "docs" is gone, as before/);
  });

  it('says what to point readers at where there is no alias', async () => {
    expect((await view({ phase: 'observing', alias: null })).next).toMatch(/^point readers at "docs_v2"/);
  });
});

describe('a view', () => {
  it.each(phases)('of one that is %s is what the API promises', async (phase: Phase) => {
    expect(migrationViewSchema.parse(await view({ phase })).phase).toBe(phase);
  });

  it('of one whose Qdrant is away is there all the same, and does not say that all is well', async () => {
    const away = async () => Promise.reject(new ReembedError('qdrant-unreachable', 'Qdrant is away'));
    const shown = await view(
      { phase: 'ready', waiting: { kind: 'away', reason: 'Qdrant is away', since: '2026-01-01T00:00:00.000Z' } },
      0,
      {
        count: away,
      },
    );
    expect(migrationViewSchema.parse(shown)).toMatchObject({
      waiting: { reason: 'Qdrant is away' },
      progress: { setAside: null, accepted: null },
      next: expect.stringContaining('Bring Qdrant back'),
    });
  });

  it('does not hide a defect', async () => {
    const broken = async () => Promise.reject(new TypeError('a defect'));
    await expect(view({}, 0, { count: broken })).rejects.toThrow('a defect');
  });

  it('says what bounds one that goes on, and nothing of one that has ended', async () => {
    const pass = { number: 1, kind: 'copy', sourcePoints: 100, startedAt: '2026-01-01T00:00:00.000Z' } as const;
    expect((await view({ phase: 'copying', pass })).bound).toMatchObject({ by: 'ranges' });
    const waiting = { kind: 'worker' as const, reason: 'for a worker', since: pass.startedAt };
    expect((await view({ phase: 'copying', pass, waiting })).bound).toEqual({ by: 'worker', reason: 'for a worker' });
    expect((await view({ phase: 'completed' })).bound).toBeNull();
  });

  it('counts the pass under way', async () => {
    const pass = { number: 1, kind: 'copy', sourcePoints: 100, startedAt: '2026-01-01T00:00:00.000Z' } as const;
    const samples = [{ at: '2026-01-01T00:00:05.000Z', pass: 1, points: 10, workedMs: 5_000 }];
    expect((await view({ phase: 'copying', pass, samples })).progress).toEqual({
      pass: { number: 1, kind: 'copy' },
      sourcePoints: 100,
      points: 20,
      ranges: { total: 1, done: 0, failed: 0, splitDone: true },
      setAside: 0,
      accepted: 0,
      texts: 10,
      tokens: 500_000,
      batchTokens: 0,
      kept: 0,
      costUsd: 1,
      pointsPerSecond: 2,
      etaSeconds: 40,
    });
  });
});
