import type { MigrationEvent, Phase } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import type { Adapters } from '../ports/adapters.ts';
import type { Collections, Points } from '../ports/collections.ts';
import type { ModelCatalogue } from '../ports/embedder.ts';
import type { Searches } from '../ports/searches.ts';
import type {
  Clock,
  Events,
  Fleet,
  FreezeHook,
  GateStore,
  Migrations,
  ModelCalls,
  RangeQueue,
  Ranges,
  SetAside,
  Signals,
  StageQueue,
  Writers,
} from '../ports/state.ts';
import type { TextSources } from '../ports/text-sources.ts';
import type { Holds } from './freeze.ts';

/** What stages, commands and plans work with. */
export type CoordinatorDeps = {
  readonly collections: Collections;
  readonly points: Pick<Points, 'sample' | 'scrollIds' | 'retrieve' | 'remove'>;
  readonly migrations: Migrations;
  readonly ranges: Ranges;
  readonly rangeQueue: RangeQueue;
  readonly stageQueue: StageQueue;
  readonly setAside: SetAside;
  readonly writers: Writers;
  readonly events: Events;
  readonly modelCalls: ModelCalls;
  readonly gates: GateStore;
  readonly searches: Searches;
  readonly signals: Signals;
  readonly fleet: Fleet;
  readonly catalogue: ModelCatalogue;
  readonly adapters: Adapters;
  readonly textSources: TextSources;
  readonly clock: Clock;
  /** The longest a write to Qdrant may be under way, in ms: what a closed fence has to wait out. */
  readonly requestTimeoutMs: number;
  readonly newId: () => string;
  readonly freezeHook: FreezeHook;
  /** When this process last told of a migration's progress, in monotonic ms; empty at its start. */
  readonly progressToldAt: Map<string, number>;
  /** Holds on writers that this process has asked for; empty at its start. */
  readonly holds: Holds;
};

/** How one run of a stage ends: the next phase, another look later, or nothing to do until a word. Everything else is an error thrown. */
export type StageResult =
  | { readonly kind: 'next'; readonly to: Phase; readonly change?: Partial<Migration> }
  | { readonly kind: 'again'; readonly afterMs: number; readonly waiting?: string }
  | { readonly kind: 'rest' };

/** Must be safe to run again from the start at any time, and beside another coordinator. */
export type Stage = (deps: CoordinatorDeps, migration: Migration, signal: AbortSignal) => Promise<StageResult>;

export const isoNow = (deps: Pick<CoordinatorDeps, 'clock'>): string => deps.clock.now().toISOString();

/** Whether the phase, and within a switch the step, that this stage works for is still the current one. */
export async function isCurrent(deps: CoordinatorDeps, migration: Migration): Promise<boolean> {
  const now = await deps.migrations.load(migration.id);
  return now?.phaseNumber === migration.phaseNumber && now.cutover === migration.cutover;
}

/**
 * Changes the document only where phase, step and pass are still those this stage began with: a stage that lost its lock and runs on beside
 * another must not begin a pass or a step over the other's.
 */
export function updateWhereItStands(deps: CoordinatorDeps, migration: Migration, change: Partial<Migration>): Promise<Migration | null> {
  return deps.migrations.update(migration.id, (now) => {
    const stands =
      now.phaseNumber === migration.phaseNumber && now.cutover === migration.cutover && now.lastPassNumber === migration.lastPassNumber;
    return stands ? { ...now, ...change, updatedAt: isoNow(deps) } : null;
  });
}

/** Changes the document while the phase stands; answers null where it has moved on. */
export function updateInPhase(deps: CoordinatorDeps, migration: Migration, change: Partial<Migration>): Promise<Migration | null> {
  return deps.migrations.update(migration.id, (now) =>
    now.phaseNumber === migration.phaseNumber ? { ...now, ...change, updatedAt: isoNow(deps) } : null,
  );
}

export function note(deps: CoordinatorDeps, id: string, message: string): Promise<void> {
  return deps.events.publish(id, { type: 'note', at: isoNow(deps), message } satisfies MigrationEvent);
}
