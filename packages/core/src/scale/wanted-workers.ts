import type { Autoscale, BoundBy } from '@reembed/contracts';
import { hasEnded } from '../domain/transitions.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { type Bound, boundOf } from './bound.ts';
import { mostUseful, scalingOf } from './climb.ts';
import { type Load, type LoadDeps, loadOf } from './load.ts';

export type Wanted = { readonly workers: number; readonly boundBy: BoundBy; readonly reason: string };

/** What is over within a minute is no reason to stop workers, which take as long to start. */
const worthStoppingMs = 60_000;
/** Of a migration that is ready and follows its source: a worker for every so many ranges, read again and again. */
const followedRanges = 400;

/** How many workers one migration has use for at this moment, and why no more. `now` in ms. */
export function wantedWorkers(load: Load, now: number): Wanted {
  const bound = boundOf(load);
  const { migration, progress } = load;
  const climb = scalingOf(migration)?.workers ?? 1;
  const none = { workers: 0, boundBy: bound.by, reason: bound.reason };
  const wanted = (workers: number, reason = bound.reason): Wanted => ({ workers, boundBy: bound.by, reason });
  if (bound.by === 'word') return none;
  if (load.ceiling?.pointsPerSecond === 0) return { workers: 0, boundBy: 'throttle', reason: load.ceiling.reason };
  const held = load.heldMs !== null && load.heldMs >= worthStoppingMs;
  if (held) return { workers: 0, boundBy: 'provider', reason: `its provider is asked again in ${Math.ceil((load.heldMs ?? 0) / 1_000)} s` };
  if (migration.waiting !== null && isForOthers(bound)) {
    const ms = now - Date.parse(migration.waiting.since);
    return ms >= worthStoppingMs ? none : wanted(Math.min(climb, mostUseful(load)), `${bound.reason}; workers stay for the first minute`);
  }
  if (migration.phase === 'ready') return wanted(Math.min(climb, Math.max(1, Math.ceil(progress.ranges.total / followedRanges))));
  if (migration.pass !== null) return wanted(Math.min(climb, mostUseful(load)));
  const lastMs = now - Date.parse(migration.history.at(-1)?.at ?? '');
  return wanted(lastMs < worthStoppingMs ? climb : 1);
}

/** A wait that no worker ends by being there. */
function isForOthers({ by }: Bound): boolean {
  return waitsForOthers.includes(by);
}

const waitsForOthers: readonly BoundBy[] = [
  'throttle',
  'provider',
  'indexing',
  'lock',
  'writers',
  'slow-qdrant',
  'gate',
  'away',
  'mending',
];

type NowDeps = LoadDeps & Pick<CoordinatorDeps, 'migrations' | 'clock'>;

/** What all migrations under way have use for. Workers are shared: it is the sum. */
export async function autoscaleNow(deps: NowDeps): Promise<Autoscale> {
  const migrations = (await deps.migrations.list()).filter((one) => !hasEnded(one));
  const loads = await Promise.all(migrations.map((migration) => loadOf(deps, migration)));
  const now = deps.clock.now().getTime();
  return inAll(loads.map((load) => ({ id: load.migration.id, name: load.migration.spec.name, ...wantedWorkers(load, now) })));
}

export function inAll(migrations: Autoscale['migrations']): Autoscale {
  const workers = migrations.reduce((sum, one) => sum + one.workers, 0);
  const words = migrations.map((one) => `${one.id}: ${one.workers}, bound by ${one.boundBy} (${one.reason})`);
  return { workers, reason: words.length === 0 ? 'no migration is under way' : words.join('; '), migrations };
}
