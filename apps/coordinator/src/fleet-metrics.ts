import {
  boundOf,
  type CoordinatorDeps,
  hasEnded,
  isReembedError,
  type Load,
  type LoadDeps,
  loadOf,
  type Migration,
  ReembedError,
  wantedWorkers,
} from '@reembed/core';
import type { MetricName, MetricOf } from '@reembed/process/metric-table';
import type { Metrics } from '@reembed/process/metrics';

type Gauge = MetricOf<'gauge'>;
type Values = readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];

/**
 * Looks at the whole fleet whenever metrics are read: what Redis knows is the same for every coordinator. Where Redis is away, its gauges are absent
 * and not what they were.
 */
export function measureFleet(metrics: Metrics, deps: FleetDeps & Pick<CoordinatorDeps, 'collections'>): void {
  metrics.beforeRead(async () => {
    const isThere = await soon(orAway(deps.collections.serverVersion()));
    const fleet = await orAway(lookAtFleet(isThere ? deps : { ...deps, setAside: { count: notSaid } }));
    metrics.set('reembed_reachable', { server: 'qdrant' }, isThere ? 1 : 0);
    metrics.set('reembed_reachable', { server: 'redis' }, fleet === null ? 0 : 1);
    show(metrics, fleet ?? {});
  });
}

/** All at once, without a pause in between: who reads at the same time finds all values of one look. */
function show(metrics: Metrics, found: Partial<Record<Gauge, Values>>): void {
  for (const name of looked) {
    metrics.reset(name);
    for (const { labels, value } of found[name] ?? []) metrics.set(name, labels as never, value);
  }
}

const looked = [
  'reembed_workers',
  'reembed_migrations',
  'reembed_dead_letters',
  'reembed_model_calls_in_hand',
  'reembed_migration_phase',
  'reembed_migration_source_points',
  'reembed_migration_points',
  'reembed_migration_points_per_second',
  'reembed_migration_eta_seconds',
  'reembed_migration_texts',
  'reembed_migration_tokens',
  'reembed_migration_cost_usd',
  'reembed_migration_ranges',
  'reembed_migration_queue_jobs',
  'reembed_migration_set_aside',
  'reembed_migration_lag_points',
  'reembed_migration_lag_age_seconds',
  'reembed_migration_late_writes',
  'reembed_migration_waiting_seconds',
  'reembed_migration_wanted_workers',
  'reembed_migration_bound',
] as const satisfies readonly MetricName[];

type Found = Record<(typeof looked)[number], Values>;

type FleetDeps = LoadDeps & Pick<CoordinatorDeps, 'migrations' | 'fleet' | 'deadLetters' | 'modelCalls' | 'clock'>;

async function lookAtFleet(deps: FleetDeps): Promise<Found> {
  const [all, workers, dead, calls] = await Promise.all([
    deps.migrations.list(),
    deps.fleet.workers(),
    deps.deadLetters.list(),
    deps.modelCalls.active(),
  ]);
  const loads = await Promise.all(all.filter((one) => !hasEnded(one)).map((migration) => loadOf(deps, migration)));
  const now = deps.clock.now().getTime();
  return {
    reembed_workers: one(workers),
    reembed_dead_letters: one(dead.length),
    reembed_model_calls_in_hand: one(calls),
    reembed_migrations: [...Map.groupBy(all, ({ phase }) => phase)].map(([phase, list]) => ({ labels: { phase }, value: list.length })),
    ...ofMigrations(loads, now),
  };
}

function one(value: number): Values {
  return [{ labels: {}, value }];
}

type OfMigration = Omit<Found, 'reembed_workers' | 'reembed_dead_letters' | 'reembed_model_calls_in_hand' | 'reembed_migrations'>;

function ofMigrations(loads: readonly Load[], now: number): OfMigration {
  /** One value of each migration, absent where there is none; or one for each of several labels. */
  const each = (read: (load: Load) => number | null) => every((load) => ({ '': read(load) }), '');
  const every = (read: (load: Load) => Readonly<Record<string, number | null>>, label: string): Values =>
    loads.flatMap((load) =>
      Object.entries(read(load)).flatMap(([word, value]) => {
        const labels = { migration: load.migration.id, ...(label === '' ? {} : { [label]: word }) };
        return value === null ? [] : [{ labels, value }];
      }),
    );
  return {
    reembed_migration_phase: every(({ migration }) => ({ [migration.phase]: 1 }), 'phase'),
    reembed_migration_source_points: each(({ progress }) => progress.sourcePoints),
    reembed_migration_points: each(({ progress }) => progress.points),
    reembed_migration_points_per_second: each(({ progress }) => progress.pointsPerSecond),
    reembed_migration_eta_seconds: each(({ progress }) => progress.etaSeconds),
    reembed_migration_texts: each(({ progress }) => progress.texts),
    reembed_migration_tokens: each(({ progress }) => progress.tokens),
    reembed_migration_cost_usd: each(({ progress }) => progress.costUsd),
    reembed_migration_ranges: every(
      ({ progress: { ranges } }) => ({ total: ranges.total, done: ranges.done, failed: ranges.failed }),
      'state',
    ),
    reembed_migration_queue_jobs: every(({ active, queued }) => ({ active, queued }), 'state'),
    reembed_migration_set_aside: every(({ progress }) => ({ open: progress.setAside, accepted: progress.accepted }), 'state'),
    reembed_migration_lag_points: each(({ migration }) => migration.lag?.differences ?? null),
    reembed_migration_lag_age_seconds: each(({ migration }) => secondsSince(migration.lag?.at, now)),
    reembed_migration_late_writes: each(({ migration }) => lateWrites(migration)),
    reembed_migration_waiting_seconds: every(({ migration: { waiting } }) => {
      return waiting === null ? {} : { [waiting.kind]: secondsSince(waiting.since, now) };
    }, 'kind'),
    reembed_migration_wanted_workers: each((load) => wantedWorkers(load, now).workers),
    reembed_migration_bound: every((load) => ({ [boundOf(load).by]: 1 }), 'by'),
  };
}

function lateWrites({ lateWrites }: Migration): number {
  return lateWrites.reduce((sum, { count }) => sum + count, 0);
}

function secondsSince(at: string | undefined, now: number): number | null {
  return at === undefined ? null : Math.max(0, now - Date.parse(at)) / 1_000;
}

/** Prometheus gives up after ten seconds, and a Qdrant that hangs takes longer: what is known of the fleet has to be seen above all then. */
const patienceMs = 2_000;

/** Whether there is an answer, and soon. */
async function soon(asked: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), patienceMs);
  const answer = await Promise.race([asked, late.promise]);
  clearTimeout(timer);
  return answer !== null;
}

const notSaid = () => Promise.reject(new ReembedError('qdrant-unreachable', 'Qdrant does not answer'));

async function orAway<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (isReembedError(error)) return null;
    throw error;
  }
}
