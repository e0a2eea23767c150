import type { PointId } from '@reembed/contracts';
import type { Migration, Pass } from '../domain/migration.ts';
import type { Carrier, Points } from '../ports/collections.ts';
import type { Clock } from '../ports/fleet.ts';
import type { Division, RangeDelta, RangeRecord, Ranges, SetAside } from '../ports/state.ts';
import type { RecipeContext } from '../recipes/target-vector.ts';

/** What a worker needs to work on one range. */
export type RangeContext = {
  readonly migration: Migration;
  readonly pass: Pass;
  readonly record: RangeRecord;
  readonly points: Points;
  /** Null where pages go as text only. */
  readonly carrier: Carrier | null;
  readonly setAside: SetAside;
  readonly recipes: RecipeContext;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Waits until so many points of the source may be read; throws the signal's reason. */
  readonly pace: (points: number, signal: AbortSignal) => Promise<void>;
  /** What the look back listed as missing in the target. */
  readonly lateIds: () => Promise<readonly PointId[]>;
  /** Those of the points to be filled first that lie in this range, from its checkpoint on. */
  readonly hotIds: () => Promise<readonly PointId[]>;
  /** What the comparison before the switch kept of this range, as writeReading wrote it; null where it is lost. */
  readonly hashBefore: () => Promise<string | null>;
  /** Records that everything before `next` (null: the whole range) is done. Throws `range-lost` where another worker has the range. */
  readonly progress: (next: PointId | null, delta: RangeDelta) => Promise<void>;
  /** Ends the work on this range by making several of it. Throws `range-lost` likewise. */
  readonly divide: (division: Division, delta: RangeDelta) => Promise<void>;
};

/** What it takes to write points to the target, of a range or not. */
export type WriteContext = Pick<RangeContext, 'points' | 'setAside' | 'recipes' | 'signal'> & {
  readonly migration: Pick<Migration, 'id' | 'epoch' | 'spec' | 'resolved' | 'isReversed'>;
};

export type RangeStore = Pick<
  Ranges,
  'claim' | 'checkpoint' | 'divide' | 'hashOf' | 'hotWithin' | 'listed' | 'finish' | 'noteAttempt' | 'giveUp' | 'reportFatal'
>;

/** Points a range is to hold: at most 50,000 ranges, past that larger ones. */
export function rangePoints({ spec }: Pick<Migration, 'spec'>, { sourcePoints }: Pick<Pass, 'sourcePoints'>): number {
  return Math.max(spec.copy.rangePoints, Math.ceil(sourcePoints / 50_000));
}
