import { buildMigration } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import type { Migration, Scaling } from '../domain/migration.ts';
import { noTimes } from '../domain/work-times.ts';
import { createSeededRandom } from '../quality/statistics.ts';
import { climbed } from './climb.ts';
import type { Ceiling, Load } from './load.ts';
import { inAll, wantedWorkers } from './wanted-workers.ts';

const begun = Date.parse('2026-01-01T00:00:00.000Z');
const built = buildMigration({ id: 'm', phase: 'copying' });
const { streams, rangePoints } = built.spec.copy;

/** A fleet in virtual time that KEDA scales: it asks now and then, and workers take a while to start and to stop. */
type World = {
  readonly points: number;
  /** Points a second of one range job that nobody else is in the way of. */
  readonly perJob: number;
  /** What Qdrant takes in all, which nobody knows. */
  readonly qdrantTakes?: (seconds: number) => number;
  readonly ceiling?: Ceiling;
  readonly requestsAtOnce?: number;
  /** What becomes of the migration, by seconds. */
  readonly becomes?: (seconds: number) => Partial<Migration> & { readonly heldMs?: number };
  readonly maxWorkers?: number;
  readonly seed?: number;
};

const [keda, startSeconds, stopSeconds, sampleSeconds] = [{ everySeconds: 30 }, 45, 10, 5];

/** What was wanted at each question, and how many workers lived then. */
function simulate(world: World, seconds: number) {
  const random = createSeededRandom(world.seed ?? 1);
  const asked: { at: number; wanted: number; workers: number; reason: string }[] = [];
  const changes: { at: number; by: number }[] = [];
  const rates: number[] = [];
  let [workers, covered, desired] = [0, 0, 0];
  let scaling: Scaling | null = null;
  for (let at = 0; at < seconds; at++) {
    for (const change of changes) if (change.at === at) workers += change.by;
    const { heldMs, ...becomes } = world.becomes?.(at) ?? {};
    const moves = (becomes.phase ?? 'copying') === 'copying' && (becomes.waiting ?? null) === null;
    const openRanges = Math.ceil((world.points - covered) / rangePoints);
    const active = moves ? Math.min(workers * streams, openRanges) : 0;
    const most = Math.min(world.qdrantTakes?.(at) ?? Number.POSITIVE_INFINITY, world.ceiling?.pointsPerSecond ?? Number.POSITIVE_INFINITY);
    const rate = Math.min(active * world.perJob, most) * (0.9 + 0.2 * random());
    covered = Math.min(world.points, covered + rate);
    rates.push(rate);
    const lately = rates.slice(-30);
    const measured = covered === 0 || lately.length < 5 ? null : lately.reduce((sum, one) => sum + one, 0) / lately.length;
    const pass = { number: 1, kind: 'copy', sourcePoints: world.points, startedAt: built.createdAt } as const;
    const migration = { ...built, scaling, pass, ...becomes };
    const load = {
      ...{ migration, active, queued: Math.max(0, Math.min(256, openRanges) - active), openRanges },
      progress: {
        pointsPerSecond: measured,
        points: covered,
        sourcePoints: world.points,
        ranges: { total: openRanges },
      } as Load['progress'],
      ceiling: world.ceiling ?? null,
      heldMs: heldMs ?? null,
      requestsAtOnce: world.requestsAtOnce ?? null,
      times: null,
    };
    const now = begun + at * 1_000;
    if (at % sampleSeconds === 0 && moves) scaling = climbed(scaling, { load, workers, now });
    if (at % keda.everySeconds !== 0) continue;
    const { workers: wanted, reason } = wantedWorkers({ ...load, migration: { ...migration, scaling } }, now);
    asked.push({ at, wanted, workers, reason });
    const next = Math.min(wanted, world.maxWorkers ?? 100);
    if (next !== desired) changes.push({ at: at + (next > desired ? startSeconds : stopSeconds), by: next - desired });
    desired = next;
  }
  return { asked, wanted: asked.map((one) => one.wanted), steps: stepsOf(asked.map((one) => one.wanted)), covered };
}

function stepsOf(wanted: readonly number[]): number[] {
  return wanted.filter((one, at) => one !== wanted[at - 1]);
}

/** How often the number grows again after it has shrunk. */
function swings(steps: readonly number[]): number {
  const directions = steps.slice(1).map((one, at) => Math.sign(one - (steps[at] ?? 0)));
  return directions.filter((one, at) => one > 0 && directions[at - 1] === -1).length;
}

const seeds = Array.from({ length: 10 }, (_, seed) => seed + 1);
const large = { points: 1e8, perJob: 25 };

describe('the workers of a fleet that is scaled by what it has use for', () => {
  it.each(seeds)('reach the limit of a provider, with little room beyond, and stay there (seed %i)', (seed) => {
    const ceiling = { by: 'provider', pointsPerSecond: 1_500, reason: 'the limits of a/b a minute' } as const;
    const { steps, wanted } = simulate({ ...large, ceiling, seed }, 7_200);
    const enough = Math.ceil(1_500 / (large.perJob * streams));
    expect(wanted.at(-1)).toBeGreaterThanOrEqual(Math.floor(enough * 0.85));
    expect(wanted.at(-1)).toBeLessThanOrEqual(Math.ceil(enough * 1.25));
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  });

  it.each(seeds)('grow until Qdrant takes no more, which nobody has said, and stay there (seed %i)', (seed) => {
    const { steps, wanted } = simulate({ ...large, qdrantTakes: () => 3_000, seed }, 7_200);
    const enough = 3_000 / (large.perJob * streams);
    expect(wanted.at(-1)).toBeGreaterThanOrEqual(enough * 0.5);
    expect(wanted.at(-1)).toBeLessThanOrEqual(enough * 1.5);
    expect(swings(steps)).toBe(0);
  });

  it.each([300, 600, 900, 1_500])('do not follow a Qdrant that takes more now and less then, every %i s', (every) => {
    for (const more of [3_600, 4_500, 9_000]) {
      const qdrantTakes = (at: number) => (Math.floor(at / every) % 2 === 0 ? 3_000 : more);
      expect(swings(simulate({ ...large, qdrantTakes }, 14_400).steps)).toBe(0);
    }
  });

  it('are tried once in a pass, and not again where Qdrant takes more later', () => {
    const qdrantTakes = (at: number) => (at < 1_500 ? 500 : 5_000);
    const { steps, wanted } = simulate({ points: 1e8, perJob: 100, qdrantTakes }, 7_200);
    expect([swings(steps), wanted.at(-1)]).toEqual([0, 4]);
  });

  it('grow no further than is allowed, and want no more either', () => {
    const { wanted, steps } = simulate({ ...large, maxWorkers: 6 }, 3_600);
    expect(wanted.at(-1)).toBe(8);
    expect(swings(steps)).toBe(0);
  });

  it('become fewer as ranges run out, and none are left at the end', () => {
    const points = 400_000;
    const { wanted, steps, covered } = simulate({ points, perJob: 25 }, 3_600);
    expect(covered).toBe(points);
    expect(Math.max(...wanted)).toBeLessThanOrEqual(50);
    expect(wanted.at(-1)).toBeLessThanOrEqual(1);
    expect(swings(steps)).toBe(0);
  });

  it('are as many as a provider takes requests at once', () => {
    expect(Math.max(...simulate({ ...large, requestsAtOnce: 10 }, 3_600).wanted)).toBe(Math.ceil(10 / streams));
  });

  it('are none from the moment of a pause, and as many as before once it goes on', () => {
    const becomes = (at: number) => (at >= 1_200 && at < 2_400 ? { phase: 'paused' as const } : {});
    const { asked } = simulate({ ...large, qdrantTakes: () => 3_000, becomes }, 4_000);
    const at = (seconds: number) => asked.find((one) => one.at === seconds);
    expect(at(1_200)).toMatchObject({ wanted: 0, reason: 'it is paused' });
    expect(at(2_370)?.wanted).toBe(0);
    expect(at(2_400)?.wanted).toBe(at(1_170)?.wanted);
  });

  it('stay through a short wait, and go in a long one', () => {
    const since = new Date(begun + 1_200_000).toISOString();
    const waiting = { kind: 'away' as const, reason: 'Qdrant is away', since };
    const waits = (until: number) => (at: number) => (at >= 1_200 && at < until ? { waiting } : {});
    const short = simulate({ ...large, becomes: waits(1_230) }, 2_000);
    expect(swings(short.steps)).toBe(0);
    const long = simulate({ ...large, becomes: waits(1_800) }, 1_800);
    expect(long.asked.find((one) => one.at === 1_260)).toMatchObject({ wanted: 0, reason: 'Qdrant is away' });
  });

  it('are none while a provider wants to be left alone for long, though nobody works then', () => {
    const becomes = (at: number) => (at < 600 ? { heldMs: 600_000 - at * 1_000 } : {});
    const { asked } = simulate({ ...large, becomes }, 900);
    expect(asked.filter((one) => one.at < 540).every((one) => one.wanted === 0)).toBe(true);
    expect(asked.at(-1)?.wanted).toBeGreaterThan(0);
  });
});

describe('the number of a fleet', () => {
  it('is that of all migrations together, and says why', () => {
    const each = [
      { id: 'm1', name: 'docs', workers: 3, boundBy: 'workers' as const, reason: '9 ranges wait for a worker' },
      { id: 'm2', name: 'notes', workers: 0, boundBy: 'word' as const, reason: 'it is paused' },
    ];
    expect(inAll(each)).toEqual({
      workers: 3,
      migrations: each,
      reason: 'm1: 3, bound by workers (9 ranges wait for a worker); m2: 0, bound by word (it is paused)',
    });
    expect(inAll([])).toEqual({ workers: 0, reason: 'no migration is under way', migrations: [] });
  });

  it('does not say that workers stay for a minute where nothing is waited for, whatever bounds it', () => {
    const pass = { number: 1, kind: 'copy', sourcePoints: 1e6, startedAt: built.createdAt } as const;
    const times = { ...noTimes, inHand: 1_000, provider: 950 };
    const load = { active: 8, queued: 90, openRanges: 490, ceiling: null, heldMs: null, requestsAtOnce: null, times };
    const progress = { pointsPerSecond: 100, ranges: { total: 500 } } as Load['progress'];
    expect(wantedWorkers({ ...load, progress, migration: { ...built, pass } }, begun)).toMatchObject({
      boundBy: 'provider',
      reason: expect.stringMatching(/^ranges wait for the model .* 95 % of the time$/),
    });
  });

  it('is one worker where a migration waits for one, and one where a stage may ask a model', () => {
    const wait = { kind: 'worker' as const, reason: 'no worker runs', since: new Date(begun - 3_600_000).toISOString() };
    const idle = { active: 0, queued: 0, openRanges: 0, ceiling: null, heldMs: null, requestsAtOnce: null, times: null };
    const progress = { pointsPerSecond: null, ranges: { total: 0 } } as Load['progress'];
    const watching = buildMigration({ phase: 'observing' });
    for (const migration of [buildMigration({ phase: 'copying', waiting: wait }), buildMigration({ phase: 'preparing' }), watching])
      expect(wantedWorkers({ ...idle, progress, migration }, begun)).toMatchObject({ workers: 1 });
    const ofOneSpace = { ...watching, resolved: { ...watching.resolved, sameSpace: [''] } };
    for (const migration of [ofOneSpace, buildMigration({ phase: 'failed' }), buildMigration({ phase: 'completed' })])
      expect(wantedWorkers({ ...idle, progress, migration }, begun)).toMatchObject({ workers: 0 });
  });
});
