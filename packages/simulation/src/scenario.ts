import { type Spec, specSchema } from '@reembed/contracts';
import { callFaults, type FaultKind, serverFaults } from './engine/faults.ts';
import { createRandom, type Random } from './engine/random.ts';
import type { Goal } from './users/operator.ts';
import type { Meddling, Write } from './users/writes.ts';

/** Everything that is decided about a schedule before it begins. */
export type Scenario = {
  readonly seed: number;
  readonly spec: Spec;
  readonly goal: Goal;
  readonly acceptLateWrites: boolean;
  readonly points: number;
  readonly coordinators: number;
  readonly workers: number;
  readonly traits: readonly Trait[];
  readonly faults: { readonly kinds: readonly FaultKind[]; readonly share: number };
  readonly writes: readonly Write[];
  readonly meddling: readonly Meddling[];
  /** When faults and writers end, in ms; whoever leads it home has as long again as it takes. */
  readonly calmAt: number;
};

/** What the world and its applications are like. */
const traits = ['no waiting', 'refused texts', 'own vectors', 'floats move', 'replicas lag'] as const;
export type Trait = (typeof traits)[number];

const meddling = ['switch by hand', 'damage metadata', 'make the old collection anew', 'delete the target'] as const;

/** What requests to Qdrant may take at most, in ms. */
export const requestTimeoutMs = 1_000;

export function drawScenario(seed: number): Scenario {
  const random = createRandom(seed, 'scenario');
  const points = random.between(3, 14);
  const calmAt = random.between(4_000, 20_000);
  const chosen = traits.filter(() => random.chance(0.25));
  return {
    seed,
    spec: drawSpec(random),
    points,
    calmAt,
    goal: random.pick(['observing', 'observing', 'completed', 'rolled-back', 'cancelled']),
    acceptLateWrites: random.chance(0.6),
    coordinators: random.between(1, 3),
    workers: random.between(1, 3),
    traits: chosen,
    faults: { kinds: drawKinds(random), share: random.pick([0, 0.003, 0.01, 0.03]) },
    writes: drawWrites(random, { points, until: calmAt, chosen }),
    meddling: random.chance(0.25) ? [{ at: random.between(0, calmAt), kind: random.pick(meddling) }] : [],
  };
}

const embed = { model: 'fake/4', text: '{{body}}' };

function drawSpec(random: Random): Spec {
  const freezes = random.chance(0.4);
  return specSchema.parse({
    name: 'docs',
    source: { collection: 'docs_v1' },
    target: { collection: 'docs_v2', alias: 'docs' },
    vectors: random.chance(0.5) ? { '': { embed } } : { '': { keep: '' }, new: { embed } },
    copy: { rangePoints: random.between(2, 5), pagePoints: random.between(1, 3) },
    gates: { sampledPoints: 0 },
    sync: { maxDeleteShare: 1 },
    switch: { freeze: freezes ? { url: 'http://application/freeze', timeoutMs: 4_000 } : {} },
  });
}

/** Some kinds at a time: many at once hide each other (Groce et al. 2012, swarm testing). */
function drawKinds(random: Random): FaultKind[] {
  return [...callFaults, ...serverFaults].filter(() => random.chance(0.5));
}

function drawWrites(random: Random, { points, until, chosen }: { points: number; until: number; chosen: readonly Trait[] }): Write[] {
  const byName = random.chance(0.3);
  const sometimes = (trait: Trait) => chosen.includes(trait) && random.chance(0.3);
  const moment = () => Math.round(until * random.next() ** 2);
  const bursts = random.chance(0.5) ? Array.from({ length: random.between(1, 6) }, moment) : null;
  return Array.from({ length: random.between(0, 30) }, (_, n) => ({
    at: bursts === null ? moment() : random.pick(bursts) + random.between(0, 300),
    to: byName && random.chance(0.5) ? 'docs_v1' : 'docs',
    kind: random.pick(['upsert', 'upsert', 'delete', 'edit']),
    id: String(random.between(1, points + 5)),
    body: sometimes('refused texts') ? `REFUSED ${n}` : `write ${n}`,
    appliedAfterMs: sometimes('no waiting') ? random.between(1, 3_000) : null,
    ownVector: sometimes('own vectors'),
  }));
}
