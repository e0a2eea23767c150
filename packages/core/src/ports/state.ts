import type { Failure, Finding, FindingKind, PointId, Range, Unreadable } from '@reembed/contracts';
import type { ErrorSummary } from '../domain/error.ts';
import type { Migration, Spent } from '../domain/migration.ts';
import type { SetAsideEntry } from '../domain/set-aside.ts';

/** All of these throw ReembedError `redis-unreachable` where the store does not answer. */

/**
 * The migration documents. Whoever reads one by its id throws `document-damaged` where it cannot be read, and `newer-version` where a later version
 * wrote it.
 */
export type Migrations = {
  /**
   * Stores a new migration and takes its target and alias for it, all or nothing.
   * An idempotency key that was used before answers with the migration it made, and whether the spec was the same.
   */
  insert(migration: Migration, idempotency?: { key: string; fingerprint: string }): Promise<InsertResult>;
  load(id: string): Promise<Migration | null>;
  /** Those that can be read, newest first. */
  list(): Promise<readonly Migration[]>;
  /** Those that cannot: they are shown, and nobody works on them. */
  unreadable(): Promise<readonly Unreadable[]>;
  /**
   * The guarded setter: `change` sees the document as it is and answers the new one, or null to leave it. Tried again when another
   * writer came between. Answers what is stored afterwards, or null where `change` declined or there is no such migration.
   */
  update(id: string, change: (now: Migration) => Migration | null): Promise<Migration | null>;
  /** Lets go of target and alias, so that another migration may take them. */
  release(id: string): Promise<void>;
  /** Forgets a migration that has ended: its document, its names, and all that is kept under its id but passes. Unknown is no error. */
  remove(id: string): Promise<void>;
  /** The migration an idempotency key made, if any. */
  byIdempotencyKey(key: string): Promise<{ id: string; fingerprint: string } | null>;
};

export type InsertResult =
  | { readonly kind: 'inserted' }
  | { readonly kind: 'taken'; readonly what: 'target' | 'alias'; readonly by: string }
  | { readonly kind: 'repeated'; readonly id: string; readonly fingerprint: string };

/** How far the scan that makes ranges has come. */
export type SplitState = { readonly nextSeq: number; readonly cursor: PointId | null; readonly done: boolean };

export type RangeRecord = Range & {
  /** Where the next page starts: everything before is acknowledged. Null: at the start. */
  readonly next: PointId | null;
  /** Source points covered so far. */
  readonly points: number;
  /** Tries that ended in an error since the last checkpoint. */
  readonly attempts: number;
  /** Whether an earlier holder may have written past the checkpoint. */
  readonly takenOver: boolean;
};

/** `bounds`: inside the range, ascending. `done`: how many of the parts, from the first on, the pass has done; the rest are untouched. */
export type Division = { readonly bounds: readonly PointId[]; readonly done: number };

/** What a checkpoint adds to the totals of its pass, in the same step. */
export type RangeDelta = {
  readonly points: number;
  readonly texts?: number;
  readonly tokens?: number;
  /** Those of them that went by batch. */
  readonly batchTokens?: number;
  /** Vectors taken from the target of an earlier migration. */
  readonly kept?: number;
  /** Source points that Qdrant or a provider refused one by one. */
  readonly refused?: number;
  readonly findings?: readonly Listed[];
  /** Findings to keep one by one, up to `maxListed` a pass: candidates for deletion, writes that came late. */
  readonly listed?: readonly Listed[];
  /** What the source range hashed to; kept with the range when it is finished. */
  readonly hash?: string;
  /** The greatest value of `sync.changedField` among these points, as changedAt reads it. */
  readonly latestChange?: number;
  /** What the points that differ hashed to, added up; at most 2^53. */
  readonly differing?: number;
};

/**
 * Findings that a pass keeps one by one: some 50 MB of Redis. A source emptied at many times as many points is followed in as many passes; what
 * came late past them is counted, and not known by its id.
 */
export const maxListed = 1_000_000;

export type Listed = { readonly kind: FindingKind; readonly id: PointId };

export type PassSummary = {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly splitDone: boolean;
  readonly points: number;
  /** Of these, the ones that Qdrant or a provider refused one by one. */
  readonly refused: number;
  readonly findings: Finding[];
  /** The sum of what was reported as `differing`, in whatever order: two passes that found the same have the same. */
  readonly differing: string;
  /** The greatest that was reported; null where none was. */
  readonly latestChange: number | null;
  /** An error that no other range can escape, reported by a worker. */
  readonly fatal: ErrorSummary | null;
  /** How long the pass has been worked on, in ms; see noteWork. */
  readonly workedMs: number;
  /** The last errors of ranges that were given up. */
  readonly failures: readonly ({ readonly seq: number } & ErrorSummary)[];
};

/** The longest time between two looks at a pass that counts as work on it, in ms. */
export const longestLookMs = 2_000;

/**
 * Ranges of a migration, and what each pass has done of them. Bounds are stored once and serve every pass.
 * A range has one holder at a time; checkpoint, finish and giveUp of anyone else change nothing and answer false.
 */
export type Ranges = {
  split(id: string): Promise<SplitState>;
  /** Appends ranges and moves the cursor in one step, provided the split still stands at `expectedSeq`. */
  append(id: string, expectedSeq: number, ranges: readonly Range[], split: { cursor: PointId | null; done: boolean }): Promise<boolean>;
  /** Ranges of the pass that are neither done nor given up, from seq `from`, at most `limit`. */
  open(id: string, pass: number, from: number, limit: number): Promise<readonly number[]>;
  /** Null where the range is done, given up, or unknown. */
  claim(id: string, pass: number, seq: number, holder: string): Promise<RangeRecord | null>;
  checkpoint(id: string, pass: number, seq: number, holder: string, next: PointId, delta: RangeDelta): Promise<boolean>;
  finish(id: string, pass: number, seq: number, holder: string, delta: RangeDelta): Promise<boolean>;
  /**
   * Makes several ranges of one, in one step, and adds `delta`: the range keeps the part before the first bound, and a new one begins at each.
   * False for anyone but the holder, and once a range of a later pass has been claimed: what a comparison keeps by number stays true.
   */
  divide(id: string, pass: number, seq: number, holder: string, division: Division, delta: RangeDelta): Promise<boolean>;
  /** Counts one more failed try; answers how many there are since the last checkpoint. */
  noteAttempt(id: string, pass: number, seq: number, holder: string): Promise<number>;
  giveUp(id: string, pass: number, seq: number, holder: string, error: ErrorSummary): Promise<boolean>;
  reportFatal(id: string, pass: number, error: ErrorSummary): Promise<void>;
  /** Opens the ranges of a pass again that were given up, each from its checkpoint on as one that is taken over, and forgets what was fatal. */
  tryAgain(id: string, pass: number): Promise<void>;
  /**
   * Counts the time since the last such note, at most `longestLookMs`, as worked: while the pass is paused or what it needs is away,
   * nobody notes. Timed by one clock for all coordinators; where that is set, forwards or back, no more than the same is miscounted.
   */
  noteWork(id: string, pass: number): Promise<void>;
  summary(id: string, pass: number): Promise<PassSummary>;
  /** What the pass has listed, oldest first, from position `from`. */
  listed(id: string, pass: number, from: number, limit: number): Promise<readonly Listed[]>;
  /** The hash a pass kept of a range; null where there is none. */
  hashOf(id: string, pass: number, seq: number): Promise<string | null>;
  /** What the whole migration has spent so far, over all passes. */
  spent(id: string): Promise<Spent>;
  /** Forgets the passes before one, but for those named. Never a later one: the caller may have slept. */
  forgetPasses(id: string, before: number, except: readonly number[]): Promise<void>;
  /** Keeps which points are filled first, at most 100,000, instead of those that were kept. */
  keepHot(id: string, points: readonly PointId[]): Promise<void>;
  /** Those of them from `start` (null: the first) to before `end` (null: the last), in scroll order; null where none were ever kept. */
  hotWithin(id: string, bounds: Pick<Range, 'start' | 'end'>): Promise<readonly PointId[] | null>;
  /**
   * For a migration that has ended: bounds, checkpoints and hashes go; totals and lists of the passes kept stay. No range is claimed any more. One that
   * a Redis which came back older says has not ended goes on by a split that begins anew.
   */
  shed(id: string): Promise<void>;
};

/** Points that could not be embedded, where losing Redis loses none. One entry a point. */
export type SetAside = {
  /** Adds entries. One that is there for the same payload stays, accepted or not; for another payload it is replaced, and not accepted. */
  put(id: string, entries: readonly SetAsideEntry[]): Promise<void>;
  /** Forgets the entries of these points; those without one are no error. */
  remove(id: string, points: readonly PointId[]): Promise<void>;
  count(id: string): Promise<{ readonly open: number; readonly accepted: number }>;
  page(id: string, cursor: string | null, limit: number): Promise<{ readonly entries: readonly Failure[]; readonly next: string | null }>;
  /** Those of `points` that are set aside. */
  among(id: string, points: readonly PointId[]): Promise<readonly Failure[]>;
  /** Marks entries as accepted to be missing. */
  accept(id: string, choice: EntryChoice): Promise<void>;
  /** Forgets entries, so that the next pass tries their points again. */
  retry(id: string, choice: EntryChoice): Promise<void>;
  /** Forgets everything. */
  clear(id: string): Promise<void>;
};

/** Writes that came late to the old collection, one by one, where losing Redis loses none. */
export type LateWrites = {
  /** Adds some; those that are there stay. */
  put(id: string, late: readonly Listed[]): Promise<void>;
  page(id: string, cursor: string | null, limit: number): Promise<{ readonly lateWrites: readonly Listed[]; readonly next: string | null }>;
  count(id: string, kind: FindingKind): Promise<number>;
  /** Forgets everything. */
  clear(id: string): Promise<void>;
};

export type EntryChoice = { readonly ids: readonly PointId[] } | { readonly code: string } | { readonly all: true };
