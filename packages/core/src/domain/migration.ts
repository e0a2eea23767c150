import type {
  BridgePoint,
  ErrorCode,
  Finding,
  GatesSummary,
  Lag,
  Override,
  PassKind,
  Phase,
  Resolved,
  Spec,
  VectorOrigin,
  Verification,
  WaitKind,
  Witness,
  WritersLook,
} from '@reembed/contracts';

/** What a migration waits for; the reason stands behind the word `waiting`. */
export type Wait = { readonly kind: WaitKind; readonly reason: string };

/** One walk over all ranges. Numbers grow over the life of a migration and are never used twice. */
export type Pass = {
  readonly number: number;
  readonly kind: PassKind;
  /** Exact count of the source when the pass began. */
  readonly sourcePoints: number;
  readonly startedAt: string;
  /** Where it reads payloads only of points whose `sync.changedField` says this or later. */
  readonly changedSince?: number;
  /** Of one that fills in, where `copy.pagePoints` was edited since it began: the most that it was before. */
  readonly pagePointsBefore?: number;
};

/** How far back a limited sync pass has to read, by values of `sync.changedField` as changedAt reads them. */
export type Watermark = {
  /** Where the next limited pass begins; null: not known yet. */
  readonly since: number | null;
  /** The greatest value seen by the pass that ended at `seenAt`: what `since` will be once the overlap has passed. */
  readonly seen: number | null;
  readonly seenAt: string;
  /** The last pass that was counted. */
  readonly pass: number;
  /** Whether that pass was a limited one. */
  readonly limited: boolean;
};

/**
 * Grows whenever a template gives another text than before for some payload: what was embedded by other rules is not told from it by its payload.
 * 2: paths go into items of lists and into JSON within strings.
 */
export const textRules = 2;

/** What it is, from its first moment on. */
type Identity = {
  readonly id: string;
  readonly spec: Spec;
  readonly resolved: Resolved;
  /** The fleet that works on it. */
  readonly owner: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** See `textRules`; absent in the documents of older versions: 1. */
  readonly textRules?: number;
  /** The migration that was rolled back and whose target it goes on with; absent: it makes a target of its own. */
  readonly takesUp?: string;
  /** How others have come to use the target before its switch; absent: nobody has, as far as is known. */
  readonly seen?: 'by-hand' | 'taken-up' | undefined;
};

/** Where it stands, and why it waits or has stopped. */
type Standing = {
  readonly phase: Phase;
  /** Grows by one with every change of phase. */
  readonly phaseNumber: number;
  /** Which fence writes go through. Grows whenever writing begins again. */
  readonly epoch: number;
  /** Where a paused or failed migration goes on. */
  readonly resumeTo: Phase | null;
  /** The phase number that the target's metadata is known to carry. */
  readonly announced: number;
  readonly waiting: (Wait & { readonly since: string }) | null;
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
  /** Every phase with the moment it began, the last few hundred. */
  readonly history: readonly PhaseBegun[];
};

/** What was settled before anything was copied. */
type Prepared = {
  /** Whether the target has been created as this migration's own. */
  readonly claimed: boolean;
  readonly witness: Readonly<Record<string, Witness>>;
  /** By source vector name; absent where there is no reverse sync. */
  readonly reverseWitness?: Readonly<Record<string, Witness>> | undefined;
  readonly origins: Readonly<Record<string, VectorOrigin>>;
};

/** What was embedded, how many of the tokens by batch, and how many vectors were taken from the target of an earlier migration instead. */
export type Spent = { readonly texts: number; readonly tokens: number; readonly batchTokens: number; readonly kept: number };

/** The passes over all ranges: copying, syncing, filling in. */
type Walking = {
  /** The walk under way; kept through a pause, so that what was covered stays covered. */
  readonly pass: Pass | null;
  /**
   * The pass that fills in vectors, from its beginning to its end, whatever comes in between: only it knows which pages were written and not read
   * again. Absent or null where none has begun that has not ended.
   */
  readonly fill?: Pass | null | undefined;
  /** The share of the points at which the first pass pauses, by a person's word; null or absent: it goes on. */
  readonly until?: number | null | undefined;
  /** The share at which it has paused by that word; null or absent: it has not. */
  readonly stoppedAt?: number | null | undefined;
  readonly lastPassNumber: number;
  /** What was found over the bridge while a vector was filled in; absent: nothing was measured. */
  readonly bridged?: readonly BridgePoint[] | undefined;
  /** Texts and tokens that fleets before this one have spent, as far as is known. */
  readonly spentBefore: Spent;
  /** How far passes were, now and then. */
  readonly samples: readonly ProgressSample[];
  /** How many workers it has use for, as far as that was found out; absent or null: nothing was. */
  readonly scaling?: Scaling | null | undefined;
  /** Null before a pass has ended, and where there is no `sync.changedField`. */
  readonly watermark: Watermark | null;
  /** What the last sync pass found, while the migration waits. */
  readonly lag: Lag | null;
  /** What the last pass of reverse sync found; absent or null before the first. */
  readonly reverseLag?: Lag | null | undefined;
  /** When that pass began: all that the new collection had by then, the old one has. */
  readonly freshAsOf?: string | null | undefined;
  /** Points sync may still delete from the target before it asks again; null: as many as `sync.maxDeleteShare` says. */
  readonly deletesAllowed: number | null;
};

/** What comparisons found, and the gates. */
type Verified = {
  readonly verification: Verification | null;
  /** What the last comparison found to differ, as its pass added it up. Null before the first. */
  readonly differing: string | null;
  /** How often a comparison has sent it back to sync since a person's last word. */
  readonly syncRounds: number;
  /** When the gates began to be measured, after a comparison that was good enough; null outside of `verifying` and before. */
  readonly gating: { readonly at: string } | null;
  /** What the gates last measured, in short; the whole is in the gate store. Null before the first, and once it no longer counts. */
  readonly gates: GatesSummary | null;
  /** People's words against gates, oldest first. */
  readonly overrides: readonly Override[];
};

/** The switch: the word, the step, what it goes by. */
type Switching = {
  /** A person's word to switch, good until it is done, paused or failed: a switch that a late change stopped is tried again. */
  readonly approval: Approval | null;
  /** The token of the last hold on the application's writers; null where none was asked for. */
  readonly holdToken: string | null;
  /** The same for holds that followed each other without a gap; null or absent: writers are not held. */
  readonly holdSeries?: string | null | undefined;
  /** How far a switch has come; null outside of one. */
  readonly cutover: Cutover | null;
  /** The pass that compared both sides before the alias moved, whose hashes the look back goes by. */
  readonly comparedPass: number | null;
};

/** What is open once readers see the new collection, and the words that end it. */
type AfterSwitch = {
  /** Writes that came to the old collection while the alias moved, and are not dealt with yet. */
  readonly lateWrites: readonly Finding[];
  /** How many of them are known by their number alone, because what kept their ids is gone. */
  readonly lateUnlisted: readonly Pick<Finding, 'kind' | 'count'>[];
  readonly rollback: { readonly writes: number; readonly findings: Finding[] } | null;
  /** Whether an application was found that still writes by the old model; absent or null: nobody has looked. */
  readonly writers?: WritersLook | null | undefined;
  /** The word given with a rollback: how many writes may be lost. */
  readonly loseWrites: number | null;
  /** Why the old collection was not deleted when it was completed, in words; absent or null: it was. */
  readonly sourceStays?: string | null | undefined;
  /** The word given with complete or cancel: vectors of the collection in use that go. */
  readonly dropVectors: readonly string[];
};

/** How it is looked at. */
type Seen = {
  /** Set where source and target are exchanged; never stored. See `reversed`. */
  readonly isReversed?: true | undefined;
  /** What it is the view of. */
  readonly forward?: Migration | undefined;
};

/** Everything the fleet knows of a migration besides its ranges: one document in Redis, changed by compare-and-set only. */
export type Migration = Identity & Standing & Prepared & Walking & Verified & Switching & AfterSwitch & Seen;

/** `waitedMs`: how long it waited within the phase for somebody else, as far as that has ended. */
export type PhaseBegun = { readonly phase: Phase; readonly at: string; readonly waitedMs?: number };

/**
 * The climb to as many workers as a migration has use for: `workers` since `since`, after `before` went so fast. `done`: more were tried and changed
 * nothing, and are not tried again in this pass.
 */
export type Scaling = {
  readonly pass: number;
  readonly workers: number;
  readonly since: string;
  readonly before: { readonly workers: number; readonly pointsPerSecond: number } | null;
  readonly done: boolean;
};

/** Points that a pass had covered at a moment, and how long somebody had worked on it by then, in ms. */
export type ProgressSample = { readonly at: string; readonly pass: number; readonly points: number; readonly workedMs: number };

/**
 * | step      | what is done                                                   | then                     |
 * |-----------|----------------------------------------------------------------|--------------------------|
 * | repair    | writers held where asked; one sync pass                         | compare                  |
 * | compare   | fence closed; read-only pass, hashes kept                       | move, or back to syncing |
 * | look-back | alias moved, writers released; the source is read once more     | observing                |
 */
export type Cutover = 'repair' | 'compare' | 'look-back';

/** `acceptLateWrites`: writes that come while the alias moves may be late, and listed, instead of stopping the switch. */
export type Approval = { readonly acceptLateWrites: boolean };

/** The alias that copy writes go through while this epoch lasts. */
export function fenceAlias(id: string, epoch: number): string {
  return `${fencePrefix(id)}${epoch}`;
}

/** The same, of the way that writes go: each has a name of its own, so that nothing meant for the one collection ever reaches the other. */
export function fenceOf({ id, epoch, isReversed }: Pick<Migration, 'id' | 'epoch' | 'isReversed'>): string {
  return isReversed ? `${fencePrefix(id)}reverse.${epoch}` : fenceAlias(id, epoch);
}

/** The epoch of a fence, by its name. */
export function epochOf(fence: string): number {
  return Number(fence.slice(fence.lastIndexOf('.') + 1));
}

/** What the names of all fences of a migration begin with. */
export function fencePrefix(id: string): string {
  return `reembed.${id}.`;
}

/** Whether an alias is the fence of some migration. */
export function isFenceAlias(name: string): boolean {
  return /^reembed\..+\.\d+$/.test(name);
}

/**
 * The alias by which a migration reads the target of an earlier one: a name of that very collection, whatever has the collection's own name
 * later. `token`: of this try alone, so that a coordinator that wakes up late points no alias that others read by.
 */
export function earlierAlias(id: string, token: string): string {
  return `reembed.${id}-earlier-${token}`;
}

/** The migration that reads a collection by this alias; null where the alias is none such. */
export function readerByAlias(name: string): string | null {
  return /^reembed\.(.+?)-earlier-/.exec(name)?.[1] ?? null;
}

/** The alias by which anyone can see a migration in flight. */
export function nextAlias(alias: string): string {
  return `${alias}.next`;
}

/** What a migration is known by from its first moment. `createdAt` in ISO 8601. */
export type NewMigration = Pick<Migration, 'id' | 'spec' | 'resolved' | 'owner' | 'createdAt'>;

/** The document of a migration that has done nothing yet. */
export function newMigration(known: NewMigration): Migration {
  const at = known.createdAt;
  return {
    ...known,
    phase: 'preparing',
    phaseNumber: 1,
    epoch: 0,
    resumeTo: null,
    updatedAt: at,
    textRules,
    witness: {},
    origins: {},
    pass: null,
    lastPassNumber: 0,
    spentBefore: { texts: 0, tokens: 0, batchTokens: 0, kept: 0 },
    announced: 0,
    claimed: false,
    waiting: null,
    error: null,
    verification: null,
    differing: null,
    watermark: null,
    lag: null,
    gating: null,
    gates: null,
    overrides: [],
    history: [{ phase: 'preparing', at }],
    samples: [],
    holdToken: null,
    cutover: null,
    approval: null,
    syncRounds: 0,
    comparedPass: null,
    lateWrites: [],
    lateUnlisted: [],
    deletesAllowed: null,
    rollback: null,
    loseWrites: null,
    dropVectors: [],
  };
}
