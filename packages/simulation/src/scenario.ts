import { type Phase, type Spec, specSchema } from '@reembed/contracts';
import { callFaults, type FaultKind, type FaultOdds, type Likely, serverFaults } from './engine/faults.ts';
import { createRandom, type Random } from './engine/random.ts';
import type { Goal } from './users/operator.ts';
import type { Requantization } from './users/tuner.ts';
import { type Meddling, type Moment, meddlings, type Write } from './users/writes.ts';

/** What is to become of one migration, and what its application does. */
export type Plot = {
  readonly isSecond: boolean;
  readonly spec: Spec;
  readonly goal: Goal;
  readonly acceptLateWrites: boolean;
  readonly writes: readonly Write[];
  /** When a person first looks, in ms; of a second one, so many ms after the first has come to a phase, where one is said. */
  readonly begins: Moment;
  /** Which fleet has it. */
  readonly fleet: 0 | 1;
};

/** Everything that is decided about a schedule before it begins. */
export type Scenario = Plot & {
  readonly seed: number;
  /** Another migration beside it. */
  readonly second: Plot | null;
  readonly requantizations: readonly Requantization[];
  /** Ids of the points that are retrieved most, where the log of that counts. */
  readonly hot: readonly string[];
  readonly points: number;
  readonly coordinators: number;
  readonly workers: number;
  readonly traits: readonly Trait[];
  readonly faults: FaultOdds;
  readonly meddling: readonly Meddling[];
  /** How often Redis is backed up, at least, in ms: from which it may come back older. */
  readonly backUpEveryMs: number;
  /** When another fleet and the first one take the migration over from each other, in turn, in ms; none where there is one fleet. */
  readonly takeOvers: readonly number[];
  /** When faults and writers end, in ms; whoever leads it home has as long again as it takes. */
  readonly calmAt: number;
};

/** What the world and its applications are like. */
const traits = ['no waiting', 'refused texts', 'own vectors', 'floats move', 'replicas lag'] as const;
export type Trait = (typeof traits)[number];

/** What requests to Qdrant may take at most, in ms. */
export const requestTimeoutMs = 1_000;

/** What is not left to chance: schedules in which one kind of hole shows soon, however many calls core makes. */
export type Profile = Partial<
  Pick<Scenario, 'goal' | 'acceptLateWrites' | 'points' | 'coordinators' | 'workers' | 'backUpEveryMs' | 'calmAt'>
> & {
  readonly freezes?: boolean;
  /** Whether the old vector stays beside the new one. */
  readonly keepsOld?: boolean;
  readonly inPlace?: boolean;
  readonly traits?: readonly Trait[];
  /** So many take-overs, at any time. */
  readonly takeOvers?: number;
  /** A second migration of that kind, by that fleet. */
  readonly second?: {
    readonly reads: 'the same source' | 'a source of its own';
    readonly fleet: 0 | 1;
    readonly goal?: Goal;
    readonly begins?: Moment;
  };
  /** So many changes of quantization, at any time. */
  readonly requantizations?: number;
  /** The points that are retrieved most go first, in place. */
  readonly hotFirst?: boolean;
  /** The old collection is kept fresh after the switch. */
  readonly reverseSync?: boolean;
  /** Any faults but these do not come. */
  readonly likely?: readonly Likely[];
  /** So many writes within so many ms after a phase has begun, besides those that are drawn. */
  readonly writes?: { readonly after: Phase; readonly within: number; readonly count: number };
  /** Within so many ms after the phase has begun. */
  readonly meddling?: { readonly kind: Meddling['kind']; readonly after: Phase | null; readonly within: number };
};

export function drawScenario(seed: number, profile: Profile = {}): Scenario {
  const random = createRandom(seed, 'scenario');
  const points = profile.points ?? random.between(3, 14);
  const calmAt = profile.calmAt ?? random.between(4_000, 20_000);
  const drawn = traits.filter(() => random.chance(0.25));
  const chosen = profile.traits ?? drawn;
  const {
    likely,
    writes,
    meddling,
    freezes,
    keepsOld,
    takeOvers = drawTakeOvers(seed, profile),
    second,
    requantizations,
    hotFirst,
    reverseSync,
    inPlace = random.chance(0.2),
    ...given
  } = profile;
  const scenario: Scenario = {
    seed,
    isSecond: false,
    begins: { at: 1, after: null },
    fleet: 0,
    second: null,
    requantizations: [],
    hot: [],
    spec: inPlace ? drawInPlaceSpec(random) : drawSpec(random, profile),
    points,
    calmAt,
    goal: random.pick(
      inPlace ? ['completed', 'completed', 'cancelled'] : ['observing', 'observing', 'completed', 'rolled-back', 'cancelled'],
    ),
    acceptLateWrites: random.chance(0.6),
    coordinators: random.between(1, 3),
    workers: random.between(1, 3),
    backUpEveryMs: random.pick([200, 2_000]),
    faults: { kinds: drawKinds(random), share: random.pick([0, 0.003, 0.01, 0.03]), likely: [] },
    writes: [...drawWrites(random, { points, until: calmAt, chosen }), ...wantedWrites(random, { points, chosen, ...writes })],
    meddling: drawMeddling(random, calmAt, inPlace ? ['damage metadata'] : meddlings),
    takeOvers: Array.from({ length: takeOvers }, () => random.between(500, calmAt)).sort((a, b) => a - b),
    ...given,
    traits: chosen,
    ...(likely === undefined ? {} : { faults: { kinds: [], share: 0, likely } }),
    ...(meddling === undefined ? {} : { meddling: [wantedMeddling(random, meddling)] }),
  };
  return withMore(scenario, profile);
}

/** What schedules lacked once, each drawn from a stream of its own: all others are what they were. Profiles have what they ask for. */
function withMore(scenario: Scenario, profile: Profile): Scenario {
  const { seed, spec, points, calmAt, takeOvers } = scenario;
  const drawn = (name: string, share: number) => {
    const random = createRandom(seed, name);
    return { random, comes: Object.keys(profile).length === 0 && random.chance(share) };
  };
  const hot = drawn('hot', 0.5);
  const isHot = spec.target.inPlace && (profile.hotFirst ?? hot.comes);
  const tuner = drawn('requantize', 0.15);
  const changes = profile.requantizations ?? (tuner.comes ? tuner.random.between(1, 4) : 0);
  const other = drawn('second', 0.15);
  const wanted = profile.second ?? (other.comes && takeOvers.length === 0 ? drawSecond(other.random) : null);
  const second = wanted === null || spec.target.inPlace ? null : drawPlot(other.random, scenario, wanted);
  const keepsRole = ({ kind }: Meddling) => kind !== 'make the old collection anew' && kind !== 'delete the target';
  const followsBack = !spec.target.inPlace && second === null && (profile.reverseSync ?? drawn('reverse sync', 0.3).comes);
  return {
    ...scenario,
    // What the second one reads stays what it is, and so does what is led back to: readers are not led back to it for good.
    meddling:
      followsBack || second?.spec.source.collection === spec.source.collection ? scenario.meddling.filter(keepsRole) : scenario.meddling,
    ...(followsBack ? { spec: reverseSpec(spec) } : {}),
    ...(isHot ? { spec: hotSpec(spec, hot.random), hot: drawHot(hot.random, points) } : {}),
    requantizations: Array.from({ length: changes }, () => drawRequantization(tuner.random, calmAt)),
    second,
  };
}

/** Its vector is kept, and so copied back: beside the new one where that is drawn, and alone elsewhere. */
function reverseSpec(spec: Spec): Spec {
  const keepsOld = spec.vectors['']?.keep !== undefined;
  return specSchema.parse({ ...spec, ...(keepsOld ? {} : { vectors: { '': { keep: '' } } }), observe: { reverseSync: true } });
}

function hotSpec(spec: Spec, random: Random): Spec {
  return { ...spec, copy: { ...spec.copy, hotFirst: { file: 'retrieved.jsonl', points: random.between(1, 10) } } };
}

/** Some of them may not be there any more, or not yet. */
function drawHot(random: Random, points: number): string[] {
  return Array.from({ length: points + 5 }, (_, n) => String(n + 1)).filter(() => random.chance(0.4));
}

function drawRequantization(random: Random, until: number): Requantization {
  return { at: random.between(0, until), collection: random.pick(['docs_v1', 'docs_v2', 'docs']), isQuantized: random.chance(0.6) };
}

type Second = NonNullable<Profile['second']>;

function drawSecond(random: Random): Second {
  return { reads: random.pick(['the same source', 'a source of its own']), fleet: random.chance(0.5) ? 1 : 0 };
}

function drawBeginning(random: Random, calmAt: number): Moment {
  const after = random.pick([null, null, 'ready', 'observing', 'completing'] as const);
  return { after, at: random.between(1, after === null ? Math.round(calmAt / 2) : 1_000) };
}

/** Of the same source it goes somewhere that lets the first one end, too. */
function drawPlot(
  random: Random,
  { goal, calmAt, points, traits: chosen }: Scenario,
  { reads, fleet, goal: wanted, begins }: Second,
): Plot {
  const isSame = reads === 'the same source';
  const endings: readonly Goal[] = ['completed', 'rolled-back', 'cancelled'];
  const writes = drawWrites(random, { points, until: calmAt, chosen }).map((write) => ({
    ...write,
    to: write.to.replace('docs', 'other'),
  }));
  return {
    isSecond: true,
    spec: specSchema.parse({
      name: 'other',
      source: { collection: isSame ? 'docs_v1' : 'other_v1' },
      target: { collection: 'other_v2', alias: 'other' },
      vectors: { '': { embed } },
      copy: { rangePoints: random.between(2, 5), pagePoints: random.between(1, 3) },
      gates: { sampledPoints: 0 },
      sync: { maxDeleteShare: 1 },
      switch: { freeze: !isSame && random.chance(0.4) ? { url: 'http://other/freeze', timeoutMs: 4_000 } : {} },
    }),
    goal: wanted ?? random.pick(isSame && goal !== 'completed' ? ['observing', 'rolled-back', 'cancelled'] : endings),
    acceptLateWrites: random.chance(0.6),
    // Who writes to the first one's source writes through its alias.
    writes: isSame ? [] : writes,
    begins: begins ?? drawBeginning(random, calmAt),
    fleet,
  };
}

/** Of a stream of its own: the schedules of one fleet are what they were. Profiles have one, unless they say otherwise. */
function drawTakeOvers(seed: number, profile: Profile): number {
  const random = createRandom(seed, 'fleets');
  return Object.keys(profile).length === 0 && random.chance(0.1) ? random.between(1, 4) : 0;
}

const embed = { model: 'fake/4', text: '{{body}}' };

function drawSpec(random: Random, { freezes, keepsOld }: Profile): Spec {
  const drawn = { freezes: random.chance(0.4), keepsOld: !random.chance(0.5) };
  return specSchema.parse({
    name: 'docs',
    source: { collection: 'docs_v1' },
    target: { collection: 'docs_v2', alias: 'docs' },
    vectors: (keepsOld ?? drawn.keepsOld) ? { '': { keep: '' }, new: { embed } } : { '': { embed } },
    copy: { rangePoints: random.between(2, 5), pagePoints: random.between(1, 3) },
    gates: { sampledPoints: 0 },
    sync: { maxDeleteShare: 1 },
    switch: { freeze: (freezes ?? drawn.freezes) ? { url: 'http://application/freeze', timeoutMs: 4_000 } : {} },
  });
}

/** The points stay where they are, and are given one more vector. */
function drawInPlaceSpec(random: Random): Spec {
  return specSchema.parse({
    name: 'docs',
    source: { collection: 'docs_v1' },
    target: { collection: 'docs_v1', inPlace: true },
    vectors: { new: { embed } },
    copy: { rangePoints: random.between(2, 5), pagePoints: random.between(1, 3) },
    gates: { sampledPoints: 0 },
  });
}

/** Some kinds at a time: many at once hide each other (Groce et al. 2012, swarm testing). */
function drawKinds(random: Random): FaultKind[] {
  return [...callFaults, ...serverFaults].filter(() => random.chance(0.5));
}

/** Where something is decided, so that writes there tell more than elsewhere. */
const telling: readonly Phase[] = ['verifying', 'ready', 'switching', 'switching', 'observing', 'rolling-back', 'completing'];

type WritesOptions = { readonly points: number; readonly until: number; readonly chosen: readonly Trait[] };

function drawWrites(random: Random, { points, until, chosen }: WritesOptions): Write[] {
  const byName = random.chance(0.3);
  const moment = (): Moment => ({ at: Math.round(until * random.next() ** 2), after: null });
  const telltale = (): Moment => ({ at: random.between(0, 3_000), after: random.pick(telling) });
  const burst = () => (random.chance(0.4) ? telltale() : moment());
  const bursts = random.chance(0.5) ? Array.from({ length: random.between(1, 6) }, burst) : null;
  const next = (): Moment => {
    if (bursts === null) return moment();
    const { at, after } = random.pick(bursts);
    return { at: at + random.between(0, 300), after };
  };
  return Array.from({ length: random.between(0, 30) }, (_, n) => drawWrite(random, { n, points, chosen, byName, moment: next() }));
}

type WriteOptions = {
  readonly n: number;
  readonly points: number;
  readonly chosen: readonly Trait[];
  readonly byName: boolean;
  readonly moment: Moment;
};

function drawWrite(random: Random, { n, points, chosen, byName, moment }: WriteOptions): Write {
  const sometimes = (trait: Trait) => chosen.includes(trait) && random.chance(0.3);
  return {
    ...moment,
    to: byName && random.chance(0.5) ? 'docs_v1' : 'docs',
    kind: random.pick(['upsert', 'upsert', 'delete', 'edit']),
    id: String(random.between(1, points + 5)),
    body: sometimes('refused texts') ? `REFUSED ${n}` : `write ${n}`,
    appliedAfterMs: sometimes('no waiting') ? random.between(1, 3_000) : null,
    ownVector: sometimes('own vectors'),
  };
}

type Wanted = Pick<WriteOptions, 'points' | 'chosen'> & Partial<NonNullable<Profile['writes']>>;

function wantedWrites(random: Random, { points, chosen, after, within = 0, count = 0 }: Wanted): Write[] {
  return Array.from({ length: count }, (_, n) => {
    const moment = { at: random.between(0, within), after: after ?? null };
    return drawWrite(random, { n: 100 + n, points, chosen, byName: false, moment });
  });
}

function drawMeddling(random: Random, until: number, kinds: readonly Meddling['kind'][]): Meddling[] {
  if (!random.chance(0.25)) return [];
  return [{ at: random.between(0, until), after: null, kind: random.pick(kinds) }];
}

function wantedMeddling(random: Random, { kind, after, within }: NonNullable<Profile['meddling']>): Meddling {
  return { kind, after, at: random.between(0, within) };
}
