import type { SearchProfile } from '@reembed/contracts';
import type { Pacing } from '../domain/pacing.ts';
import type { WorkTimes } from '../domain/work-times.ts';
import type { QueryText } from './searches.ts';

/**
 * How fast a fleet may work on a migration, shared by all its processes. It is pace and never data: what is lost, or comes back older, makes
 * the fleet wait until a coordinator has looked again, or lets a moment go by too fast.
 */
export type Pace = {
  /** Waits until so many points of the source may be read; throws the signal's reason. */
  take(id: string, points: number, limits: TakeLimits, signal: AbortSignal): Promise<void>;
  /** How fast it may go, for `forMs` from now: who needs to be told and is not told any more stands still. */
  allow(id: string, allowed: Allowed, forMs: number): Promise<void>;
  /** What was allowed last, and how many points were taken in all; null where nothing is known. */
  standing(id: string): Promise<(Allowed & { readonly taken: number }) | null>;
  /** Adds to what its ranges spent their time on. */
  noteTimes(id: string, times: WorkTimes): Promise<void>;
  /** The same of lately: what was longer ago counts less and less. Null where nothing was noted for a minute. */
  times(id: string): Promise<WorkTimes | null>;
};

/** `pointsPerSecond`: what the spec says, null: nothing. `told`: whether it also takes a coordinator that says how fast. */
export type TakeLimits = { readonly pointsPerSecond: number | null; readonly told: boolean };

/** `pointsPerSecond`: 0: not at all; null: as fast as it can. `why`: in words. */
export type Allowed = { readonly pointsPerSecond: number | null; readonly why: string };

/** `mostUsd`: null: no limit. `spent`: on requests and on batches, as far as counts of texts tell, which a lost Redis may know better than what was set aside. */
export type CostLimits = {
  readonly mostUsd: number | null;
  readonly spent: { readonly requests: number; readonly batches: number };
};

/** What the batch for one part of a migration costs. */
export type BatchCost = { readonly part: string; readonly usd: number };

/** What a migration spends, in US dollars, counted before it is spent, by all processes of a fleet. */
export type Costs = {
  /** Sets `usd` aside for a request that is about to be sent. False, and nothing is set aside, where all of it together would pass `mostUsd`. */
  reserve(id: string, usd: number, limits: CostLimits): Promise<boolean>;
  /** Gives back what was set aside and not spent; less than 0: more was spent. */
  giveBack(id: string, usd: number): Promise<void>;
  /** The same for a batch: one of the same part is set aside once, however often it is sent. */
  reserveBatch(id: string, batch: BatchCost, limits: CostLimits): Promise<boolean>;
  /** Batches that the provider has: those of which nothing is known are set aside, whatever may be spent, for they are paid. */
  noteBatches(id: string, batches: readonly BatchCost[]): Promise<void>;
  /** What a batch came to. */
  settleBatch(id: string, batch: BatchCost): Promise<void>;
};

/** A search of one collection that can be asked again and again. */
export type CanaryQuestion = {
  readonly collection: string;
  readonly profile: SearchProfile;
  readonly queries: Readonly<Record<string, QueryText>>;
};

/** What is asked of both sides, as drawn at that moment in monotonic ms; empty where a side has nothing to be asked. */
export type Canaries = { readonly source: readonly CanaryQuestion[]; readonly target: readonly CanaryQuestion[]; readonly drawnAt: number };

/** What one coordinator knows of how a migration is felt; another one that takes over measures anew. */
export type FeltPace = {
  readonly pacing: Pacing;
  readonly canaries: Canaries | null;
  readonly turn: number;
  /** Why nothing may be written, as of `fullAt`, in monotonic ms; null: there is room. */
  readonly full: string | null;
  readonly fullAt: number;
};
