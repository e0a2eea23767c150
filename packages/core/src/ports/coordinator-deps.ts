import type { MigrationEvent } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import type { Calculate } from './calculations.ts';
import type { Collections, Points } from './collections.ts';
import type { ModelCatalogue } from './embedder.ts';
import type {
  Clock,
  DeadLetters,
  Events,
  Fleet,
  FreezeHook,
  GateStore,
  ModelCalls,
  RangeQueue,
  Signals,
  StageQueue,
  Standing,
  Writers,
} from './fleet.ts';
import type { LearnedMaps } from './learned-maps.ts';
import type { FeltPace, Pace } from './pace.ts';
import type { Records } from './records.ts';
import type { SearchTallies } from './search-tallies.ts';
import type { Searches } from './searches.ts';
import type { LateWrites, Migrations, Ranges, SetAside } from './state.ts';
import type { TextSources } from './text-sources.ts';

/**
 * Holds on an application's writers, by migration: the token, the series it belongs to, and until when on this process's monotonic clock. Another
 * coordinator that goes on with a switch asks for a hold of its own.
 */
export type Holds = Map<string, { readonly token: string; readonly series: string; readonly until: number }>;

/** A point of the switched target, and the vectors that the source has under its id; empty: it has none. */
export type DrawnWrite = { readonly point: PointText; readonly before: PointText['vectors'] };

/** What stages, commands and plans work with. */
export type CoordinatorDeps = {
  readonly collections: Collections;
  /** Workers write points; what is inserted or updated here are samples on trial. */
  readonly points: Pick<Points, 'sample' | 'scroll' | 'scrollIds' | 'retrieve' | 'insertOnly' | 'updateOnly' | 'remove'>;
  readonly migrations: Migrations;
  readonly ranges: Ranges;
  readonly rangeQueue: RangeQueue;
  readonly stageQueue: StageQueue;
  readonly deadLetters: DeadLetters;
  readonly setAside: SetAside;
  readonly records: Records;
  readonly lateWrites: LateWrites;
  readonly writers: Writers;
  readonly events: Events;
  readonly modelCalls: ModelCalls;
  readonly gates: GateStore;
  readonly searches: Searches;
  readonly signals: Signals;
  readonly pace: Pace;
  readonly searchTallies: SearchTallies;
  readonly fleet: Fleet;
  readonly providers: Standing;
  readonly catalogue: ModelCatalogue;
  readonly learnedMaps: LearnedMaps;
  readonly textSources: TextSources;
  readonly clock: Clock;
  readonly calculate: Calculate;
  /** The longest a write to Qdrant may be under way, in ms: what a closed fence has to wait out. */
  readonly requestTimeoutMs: number;
  readonly newId: () => string;
  /** How people know this coordinator: its machine and its address. */
  readonly coordinatorName: () => string;
  /** The process that the whole fleet ends with, its Redis too; null for a fleet that stays. */
  readonly endsWith: string | null;
  readonly freezeHook: FreezeHook;
  /** What has to agree before a phase acts, again for each time that it begins anew. Throws `hook-failed`. */
  readonly beforePhase: (migration: Migration, signal: AbortSignal) => Promise<void>;
  /** When this process last told of a migration's progress, in monotonic ms; empty at its start. */
  readonly progressToldAt: Map<string, number>;
  /** By migration, the pass that this process last saw running, and when, in monotonic ms; empty at its start. */
  readonly passesSeen: Map<string, { readonly pass: number; readonly at: number }>;
  /** Since when the points of `copy.hotFirst` are looked for, by migration and phase number, in ms of the monotonic clock. */
  readonly hotSought: Map<string, number>;
  /** By migration, what this process has seen of how it is felt; empty at its start. */
  readonly paces: Map<string, FeltPace>;
  /** By migration, how many points its source had at the first look of a rest, and when that was last compared, in monotonic ms; empty at its start. */
  readonly restCounts: Map<string, { readonly restOf: string; readonly at: number; readonly points: number | null }>;
  /** By migration, the phase that this process last kept a record of, and when, in monotonic ms; empty at its start. */
  readonly recordsKept: Map<string, { readonly phaseNumber: number; readonly at: number }>;
  /** By migration, the points of the look for old writers that is under way; empty at its start. */
  readonly writersDrawn: Map<string, readonly DrawnWrite[]>;
  /** Holds on writers that this process has asked for; empty at its start. */
  readonly holds: Holds;
};

/** What a coordinator has in memory as it starts: all of it may be lost, and none is anybody else's. */
export function freshMemory(): Pick<
  CoordinatorDeps,
  'holds' | 'progressToldAt' | 'passesSeen' | 'hotSought' | 'paces' | 'restCounts' | 'recordsKept' | 'writersDrawn'
> {
  return {
    holds: new Map(),
    progressToldAt: new Map(),
    passesSeen: new Map(),
    hotSought: new Map(),
    paces: new Map(),
    restCounts: new Map(),
    recordsKept: new Map(),
    writersDrawn: new Map(),
  };
}

/** Now, in ISO 8601. */
export const isoNow = (deps: Pick<CoordinatorDeps, 'clock'>): string => deps.clock.now().toISOString();

/** Tells everyone who follows the migration. */
export function note(deps: CoordinatorDeps, id: string, message: string): Promise<void> {
  return deps.events.publish(id, { type: 'note', at: isoNow(deps), message } satisfies MigrationEvent);
}
