import type { Scenario } from '../scenario.ts';

/** A rule taken out of core: text of a file, and what stands there instead. */
export type Mutation = {
  /** Of the kinds of faults in which something was lost once. */
  readonly name: string;
  /** What core does not do any more. */
  readonly without: string;
  /** In packages/core/src. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The rule of the simulation that finds it; null: any. */
  readonly foundBy: string | null;
  /** Seeds, from 1 on, of which one finds it; null: none that was tried does, as scenarios are drawn now. */
  readonly within: number | null;
  /** Schedules in which it can show: others need not be run. */
  readonly showsIn: (scenario: Scenario) => boolean;
};

const meddles = (kind: string) => (scenario: Scenario) => scenario.meddling.some((act) => act.kind === kind);
const strikes = (kind: string) => (scenario: Scenario) => scenario.faults.share > 0 && scenario.faults.kinds.some((name) => name === kind);
const hasTrait = (trait: string) => (scenario: Scenario) => scenario.traits.some((name) => name === trait);
const freezes = ({ spec }: Scenario) => spec.switch.freeze.url !== null;
const anywhere = () => true;

/** For each kind of hole that was mended, the mending taken out. */
export const mutations: readonly Mutation[] = [
  {
    name: 'live-target',
    without: 'looking who else uses a target before writing to it',
    file: 'stages/live-target.ts',
    from: 'if (isInPlace(migration.spec) || hasSwitched(migration)) return;',
    to: 'if (migration.id !== "") return;',
    foundBy: 'a live target is not written by sync',
    within: 600,
    showsIn: meddles('switch by hand'),
  },
  {
    name: 'aged-redis',
    without: 'believing the phase in the target rather than a Redis that came back older',
    file: 'stages/announce.ts',
    from: 'phase.owner !== migration.owner || phase.number > migration.phaseNumber || isAnother',
    to: 'phase.owner !== migration.owner || (isAnother && false)',
    foundBy: null,
    within: 100,
    showsIn: strikes('redis-aged'),
  },
  {
    name: 'fresh-comparison',
    without: 'comparing again where a comparison is old',
    file: 'stages/verify.ts',
    from: 'clock.monotonicMs() - endedAfterMs <= requestTimeoutMs',
    to: 'clock.monotonicMs() - endedAfterMs >= 0',
    foundBy: 'an act goes by a fresh comparison',
    within: null,
    showsIn: (scenario) => !scenario.acceptLateWrites && scenario.faults.share > 0,
  },
  {
    name: 'rollback-looks-back',
    without: 'looking at both sides once more after the alias was taken back',
    file: 'stages/after-switch.ts',
    from: 'return (await isTakenBack(deps, migration)) ? lookAtLast(deps, migration) :',
    to: "return (await isTakenBack(deps, migration)) ? { kind: 'next', to: 'rolled-back', change: { rollback: null } } :",
    foundBy: 'a rollback lists what it loses',
    within: null,
    showsIn: ({ goal }) => goal === 'rolled-back',
  },
  {
    name: 'stored-before-the-act',
    without: 'storing before the alias action which comparison it goes by',
    file: 'stages/switch-alias.ts',
    from: '{ verification, differing, comparedPass: pass }',
    to: '{ verification, differing }',
    foundBy: 'deletes are never undone',
    within: 150,
    showsIn: anywhere,
  },
  {
    name: 'late-stays-late',
    without: 'keeping late writes open of which nothing can be made',
    file: 'stages/after-switch.ts',
    from: '...(await stillLate(deps, migration))',
    to: '...[]',
    foundBy: 'what is late stays late',
    within: 700,
    showsIn: hasTrait('refused texts'),
  },
  {
    name: 'drop-mark',
    without: 'marking the collection that is to be deleted',
    file: 'stages/ending.ts',
    from: 'readDropMark(info.metadata)?.by !== id',
    to: 'readDropMark(info.metadata)?.by === null',
    foundBy: 'complete deletes the collection it decided about',
    within: null,
    showsIn: meddles('make the old collection anew'),
  },
  {
    name: 'damaged-metadata',
    without: 'naming damaged metadata as such',
    file: 'stages/announce.ts',
    from: "throw new ReembedError('metadata-damaged', damaged(",
    to: 'throw new Error(damaged(',
    foundBy: 'no stage fails in a way it should not',
    within: 100,
    showsIn: meddles('damage metadata'),
  },
  {
    name: 'floats-move',
    without: 'taking floats for equal that the server spells otherwise',
    file: 'domain/payload-text.ts',
    from: '<= movedUlps',
    to: '<= movedUlps - 2n',
    foundBy: 'nothing stands still',
    within: 10,
    showsIn: hasTrait('floats move'),
  },
  {
    name: 'own-vectors',
    without: 'leaving vectors that an application wrote',
    file: 'ranges/backfill-range.ts',
    from: 'overwrite ? undefined : vector.name',
    to: 'undefined',
    foundBy: 'a live target is not written by sync',
    within: null,
    showsIn: hasTrait('own vectors'),
  },
  {
    name: 'set-aside-again',
    without: 'trying points again whose payload has changed since they were set aside',
    file: 'ranges/write-points.ts',
    from: 'recorded.get(point.id)?.payloadHash === contentHash(point)',
    to: 'recorded.get(point.id) !== undefined || contentHash(point) === ""',
    foundBy: 'late writes are listed',
    within: 500,
    showsIn: hasTrait('refused texts'),
  },
  {
    name: 'forgotten-passes',
    without: 'forgetting the passes of before',
    file: 'stages/run-pass.ts',
    from: 'if (begun !== null) await deps.ranges.forgetPasses(',
    to: 'if (begun === null) await deps.ranges.forgetPasses(',
    foundBy: 'tables stay bounded',
    within: 10,
    showsIn: anywhere,
  },
  {
    name: 'accepted-writes',
    without: 'waiting for what the source has accepted before it is compared',
    file: 'stages/switch-alias.ts',
    from: 'await closeFence(deps, migration);\n      await settleWrites(deps, migration.resolved.source);',
    to: 'await closeFence(deps, migration);',
    foundBy: 'with writers held nothing comes late',
    within: 300,
    showsIn: (scenario) => hasTrait('no waiting')(scenario) && freezes(scenario),
  },
  {
    name: 'majority',
    without: 'reading at a majority what an act goes by',
    file: 'ranges/read-pages.ts',
    from: 'majority: actsByIt(migration.phase),',
    to: 'majority: actsByIt(migration.phase) && false,',
    foundBy: 'late writes are listed',
    within: null,
    showsIn: hasTrait('replicas lag'),
  },
  {
    name: 'hold-token',
    without: 'a token of its own for each hold on writers',
    file: 'stages/freeze.ts',
    from: 'held?.token ?? deps.newId()',
    to: "held?.token ?? (deps.newId() && 'the same')",
    foundBy: 'with writers held nothing comes late',
    within: null,
    showsIn: (scenario) => freezes(scenario) && scenario.coordinators > 1 && scenario.faults.share > 0,
  },
  {
    name: 'last-copy',
    without: 'looking whether the target still stands before the old collection goes',
    file: 'stages/whereabouts.ts',
    from: "if (wanted === 'complete' && !targetStands) return",
    to: "if (wanted === 'complete' && !targetStands && targetStands) return",
    foundBy: 'complete keeps the last copy',
    within: null,
    showsIn: meddles('delete the target'),
  },
];
