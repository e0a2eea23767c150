import type { DeadLetter, Gates, MigrationEvent, ModelCallJob, PointId, RangeJob, StageJob, Witness } from '@reembed/contracts';
import type { ErrorSummary } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';

/** What holds a fleet together besides its documents. All of these throw ReembedError `redis-unreachable` where the store does not answer. */

/** Asks the application to hold its writes. */
export type FreezeHook = {
  /** Answers once writes in flight have ended; they stay held for `timeoutMs` from now, in place of any hold before. Throws `freeze-failed`. */
  hold(url: string, hold: HoldOfWriters & { readonly timeoutMs: number }): Promise<void>;
  /** Ends that very hold; one that another has taken the place of stays. */
  release(url: string, hold: HoldOfWriters): Promise<void>;
};

/** `token`: new with every hold, and the same when it is renewed: who slept through the end of its hold frees nobody else's. */
export type HoldOfWriters = { readonly migration: string; readonly token: string };

/** Who may have a write under way behind a fence. Losing the register is noticed, not taken for quiet. */
export type Writers = {
  open(id: string, epoch: number): Promise<void>;
  /** False where the register of this epoch is closed or lost: the caller must not write. */
  enter(id: string, epoch: number, holder: string): Promise<boolean>;
  leave(id: string, epoch: number, holder: string): Promise<void>;
  /** No one enters any more; answers how many are still in, or null where the register was lost. */
  close(id: string, epoch: number): Promise<number | null>;
};

export type Events = {
  publish(id: string, event: MigrationEvent): Promise<void>;
  /** From after `after` (null: only new ones) until the signal aborts. */
  follow(id: string, after: string | null, signal: AbortSignal): AsyncIterable<{ readonly id: string; readonly event: MigrationEvent }>;
};

export type ModelCalls = {
  /** Asks the fleet; asking the same call again is no second call. */
  request(job: ModelCallJob): Promise<void>;
  /** Null while there is no answer. */
  result(callId: string): Promise<ModelCallResult | null>;
  forget(callId: string): Promise<void>;
  /** Calls that a worker is at; none where every worker has been silent for minutes, as those are that were killed. */
  active(): Promise<number>;
};
/** One text of an `embed` call: little-endian f32 in base64, or why it cannot be embedded. */
export type EmbeddedOnCall = { readonly vector: string } | { readonly refused: string };
export type ModelCallAnswer =
  | { readonly call: 'witness'; readonly witness: Witness }
  | { readonly call: 'embed'; readonly embedded: readonly EmbeddedOnCall[] }
  | { readonly call: 'end-batches'; readonly stopped: number };
export type ModelCallResult = { readonly ok: true; readonly answer: ModelCallAnswer } | ({ readonly ok: false } & ErrorSummary);

/** What the gates have measured. Losing it costs a `verify`: what the switch goes by is in the migration's document. */
export type GateStore = {
  save(id: string, gates: Gates): Promise<void>;
  load(id: string): Promise<Gates | null>;
  /** What a measurement has drawn at random, so that one which begins again measures the same. */
  saveDraw(id: string, draw: GateDraw): Promise<void>;
  draw(id: string): Promise<GateDraw | null>;
};

/** A query that should find the document it was made of. */
export type KnownItem = { readonly text: string; readonly document: string };

/** `at`: the measurement it was drawn for. */
export type GateDraw = { readonly at: string; readonly points: readonly PointId[]; readonly knownItems: readonly KnownItem[] };

export type StageQueue = {
  enqueue(job: StageJob): Promise<void>;
  /** In how many ms at the latest a stage is taken up whose holder does not renew its lock any more; null: nobody holds it, or somebody who lives. */
  leftBehind(job: StageJob): Promise<number | null>;
};

/** Jobs that nobody can work on, with why: of a kind that no version knows, or with broken data. Each is kept once. */
export type DeadLetters = {
  /** Newest first. */
  list(): Promise<readonly DeadLetter[]>;
  /** Forgets those that are older. */
  prune(olderThanMs: number): Promise<void>;
};

export type RangeQueue = {
  /** Makes the queue known to every worker. */
  announce(id: string): Promise<void>;
  enqueue(jobs: readonly RangeJob[]): Promise<void>;
  /** Jobs not finished yet: waiting, delayed and active. */
  pending(id: string): Promise<number>;
  /** Jobs that a worker may take now. */
  waiting(id: string): Promise<number>;
  /** Jobs that a worker holds; none where every worker has been silent for minutes, as those are that were killed. */
  active(id: string): Promise<number>;
  /** Removes the queue with all its jobs. */
  remove(id: string): Promise<void>;
};

/** Tells every worker at once that a migration has moved, so that work in hand stops within a batch. */
export type Signals = { moved(migration: Pick<Migration, 'id' | 'phase' | 'epoch'>): Promise<void> };

export type Fleet = {
  /** Random, made once for this Redis: a fleet that lost it is another fleet. */
  id(): Promise<string>;
  /** Whether that is the id of this Redis, or one that this process saw it have before it was emptied. */
  isOurs(id: string): Promise<boolean>;
  /** Those that have given a sign of life lately: one that computes without a break may be none of them. */
  workers(): Promise<number>;
};

/** The shared budget of a model over the whole fleet. */
export type RateBudget = {
  /** Waits until a request may be sent; throws the signal's reason. While something is wrong one request goes alone, and the others wait for it. */
  pass(model: string, need: RequestNeed, signal: AbortSignal): Promise<Passage>;
  /** Nobody sends for this long, and then one request, to see. `why`: in words, to be shown. */
  coolDown(model: string, ms: number, why: string): Promise<void>;
  /** What the server takes, as far as its refusals have told; what is kept is forgotten again bit by bit. */
  fits(model: string): Promise<Fits>;
  learn(model: string, fits: Omit<Fits, 'requests'>): Promise<void>;
  /** A request, still under way, gets no answer in time: fewer are sent at once, if there are others. Answers whether there are. */
  crowded(model: string): Promise<boolean>;
};

/**
 * What a request takes of the limits. `share`: the part of them that one migration, `of`, may use at most; absent: all, but for what is kept for queries
 * while a gateway runs. `isQuery`: somebody waits for the answer, so all others give way to it.
 */
export type RequestNeed = {
  readonly inputs: number;
  readonly tokens: number;
  readonly share?: { readonly of: string; readonly part: number } | undefined;
  readonly isQuery?: boolean | undefined;
};

/** A request under way. `tokens`: as the provider billed them, where it says. */
export type Passage = { end(answered: boolean, tokens?: number): Promise<void> };

/** The most texts, and tokens, of a request that were taken where more were not, and the most requests at once; absent: nothing is known. */
export type Fits = { readonly inputs?: number; readonly tokens?: number; readonly requests?: number };

/** How the models stand with the fleet, for people to see and to change. */
export type Standing = {
  /** What keeps requests from being sent, and for how many ms yet; null: nothing. */
  held(model: string): Promise<{ readonly why: string; readonly leftMs: number } | null>;
  fits(model: string): Promise<Fits>;
  /** Asks again at once. */
  lift(model: string): Promise<void>;
};

export type Clock = {
  now(): Date;
  /** Monotonic, in ms. */
  monotonicMs(): number;
  /** Throws the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};
