import type { Profile } from '../scenario.ts';

/** Text of a file in packages, and what stands there instead. */
export type Edit = { readonly file: string; readonly from: string; readonly to: string };

/** A rule taken out of core: all that holds it, since many a rule is held twice. */
export type Mutation = {
  readonly name: string;
  /** Of the kinds of holes in which something was lost once, as the README numbers them. */
  readonly kind: number;
  /** What core does not do any more. */
  readonly without: string;
  readonly edits: readonly Edit[];
  /** The rule of the simulation that finds it; null: any. */
  readonly foundBy: string | null;
  /** Schedules in which it shows soon. */
  readonly profile: Profile;
  /** The seed that has shown it: the first that is tried. Core that makes other calls shows it in one a little further on. */
  readonly from: number;
};

/** For each kind of hole that was mended, the mending taken out. */
export const mutations: readonly Mutation[] = [
  {
    name: 'live-target',
    kind: 1,
    without: 'looking who else uses a target before writing to it',
    edits: [
      {
        file: 'core/src/stages/live-target.ts',
        from: 'if (!migration.isReversed && (isInPlace(migration.spec) || hasSwitched(migration))) return;',
        to: 'if (migration.id !== "") return;',
      },
    ],
    foundBy: 'a live target is not written by sync',
    profile: {
      inPlace: false,
      meddling: { kind: 'switch by hand', after: 'ready', within: 3_000 },
      goal: 'observing',
      writes: { after: 'ready', within: 8_000, count: 20 },
    },
    from: 23,
  },
  {
    name: 'aged-redis',
    kind: 2,
    without: 'believing the phase in the target rather than a Redis that came back older',
    edits: [
      {
        file: 'core/src/stages/announce.ts',
        from: 'phase.owner !== migration.owner || phase.number > migration.phaseNumber || isAnother',
        to: 'phase.owner !== migration.owner || (isAnother && false)',
      },
    ],
    foundBy: null,
    profile: {
      inPlace: false,
      goal: 'completed',
      keepsOld: false,
      backUpEveryMs: 1_000,
      traits: [],
      likely: [{ methods: ['load', 'update', 'list'], kinds: ['redis-aged'], chance: 0.1, during: ['completing', 'completed'] }],
    },
    from: 20,
  },
  {
    name: 'numbers-of-passes',
    kind: 2,
    without: 'numbers of passes that never come back',
    edits: [
      {
        file: 'core/src/stages/run-pass.ts',
        from: 'lastPassNumber + 1 + (clock.now().getTime() % 1_000_000)',
        to: 'lastPassNumber + 1 + (clock.now().getTime() % 1)',
      },
    ],
    foundBy: 'a pass has a number of its own',
    profile: {
      inPlace: false,
      traits: [],
      backUpEveryMs: 100,
      likely: [{ methods: ['claim'], kinds: ['redis-aged'], chance: 0.12, during: ['switching'] }],
    },
    from: 1,
  },
  {
    name: 'another-owner',
    kind: 2,
    without: 'seeing that another fleet has taken a migration over',
    edits: [
      {
        file: 'core/src/stages/announce.ts',
        from: 'phase.owner !== migration.owner || phase.number > migration.phaseNumber || isAnother',
        to: 'phase.owner === null || isAnother',
      },
    ],
    foundBy: null,
    profile: { inPlace: false, traits: [], takeOvers: 4, likely: [] },
    from: 10,
  },
  {
    name: 'closed-register',
    kind: 2,
    without: 'going on in the next epoch where the register of writers was closed',
    edits: [
      {
        file: 'core/src/stages/fence.ts',
        from: 'if (!(await admits(deps, migration.id, migration.epoch))) {',
        to: 'if (migration.id === "") {',
      },
    ],
    foundBy: 'nothing stands still',
    profile: {
      inPlace: false,
      goal: 'observing',
      freezes: false,
      traits: [],
      backUpEveryMs: 100,
      likely: [{ methods: ['dropAlias'], kinds: ['redis-aged'], chance: 0.5, during: ['switching'] }],
    },
    from: 43,
  },
  {
    name: 'fresh-comparison',
    kind: 3,
    without: 'comparing again where a comparison is old',
    edits: [
      {
        file: 'core/src/stages/verify.ts',
        from: 'clock.monotonicMs() - endedAfterMs <= requestTimeoutMs',
        to: 'clock.monotonicMs() - endedAfterMs >= 0',
      },
      {
        file: 'core/src/stages/verify.ts',
        from: 'clock.monotonicMs() - endedAfterMs <= 2 * requestTimeoutMs',
        to: 'clock.monotonicMs() - endedAfterMs >= 0',
      },
    ],
    foundBy: 'an act goes by a fresh comparison',
    profile: {
      inPlace: false,
      freezes: false,
      acceptLateWrites: false,
      goal: 'observing',
      coordinators: 1,
      traits: [],
      calmAt: 20_000,
      likely: [
        {
          methods: ['summary', 'count', 'update'],
          kinds: ['sleep-after', 'sleep-before'],
          chance: 0.05,
          during: ['switching'],
          lasts: [5_000, 9_000],
        },
      ],
      writes: { after: 'switching', within: 12_000, count: 40 },
    },
    from: 5,
  },
  {
    name: 'rollback-looks-back',
    kind: 4,
    without: 'looking at both sides once more after the alias was taken back',
    edits: [
      {
        file: 'core/src/stages/roll-back.ts',
        from: 'if (await isTakenBack(deps, migration)) return lookAtLast(deps, migration);',
        to: "if (await isTakenBack(deps, migration)) return { kind: 'next', to: 'rolled-back', change: { rollback: null } };",
      },
    ],
    foundBy: 'a rollback lists what it loses',
    profile: {
      inPlace: false,
      goal: 'rolled-back',
      freezes: false,
      acceptLateWrites: true,
      traits: [],
      likely: [{ methods: ['pointAlias'], kinds: ['slow'], chance: 0.9, during: ['rolling-back'], lasts: [600, 900] }],
      writes: { after: 'rolling-back', within: 2_000, count: 5 },
    },
    from: 8,
  },
  {
    name: 'stored-before-the-act',
    kind: 5,
    without: 'storing before the alias action which comparison it goes by',
    edits: [
      {
        file: 'core/src/stages/switch-alias.ts',
        from: '{ verification, differing, comparedPass: pass }',
        to: '{ verification, differing }',
      },
    ],
    foundBy: 'deletes are never undone',
    profile: {
      inPlace: false,
      goal: 'completed',
      freezes: false,
      acceptLateWrites: true,
      traits: [],
      likely: [{ methods: ['pointAlias'], kinds: ['crash-after'], chance: 0.6, during: ['switching'] }],
      writes: { after: 'switching', within: 6_000, count: 40 },
    },
    from: 6,
  },
  {
    name: 'late-stays-late',
    kind: 6,
    without: 'keeping late writes open of which nothing can be made',
    edits: [{ file: 'core/src/stages/after-switch.ts', from: '...(await stillLate(deps, migration))', to: '...[]' }],
    foundBy: 'what is late stays late',
    profile: {
      inPlace: false,
      freezes: false,
      acceptLateWrites: true,
      goal: 'completed',
      traits: ['refused texts'],
      writes: { after: 'switching', within: 1_500, count: 40 },
    },
    from: 12,
  },
  {
    name: 'late-at-majority',
    kind: 6,
    without: 'reading late writes at a majority of replicas',
    edits: [{ file: 'qdrant/src/own-points.ts', from: '{ majority: true } as const', to: '{ majority: false } as const' }],
    foundBy: 'what is late stays late',
    profile: {
      inPlace: false,
      freezes: false,
      acceptLateWrites: true,
      goal: 'completed',
      traits: ['replicas lag'],
      writes: { after: 'switching', within: 1_500, count: 40 },
    },
    from: 15,
  },
  {
    name: 'rebuilt-looks-back',
    kind: 6,
    without: 'a look back once the metadata of a switch in its middle is written anew',
    edits: [
      {
        file: 'core/src/commands/adopt.ts',
        from: "isLive ? ({ phase: 'failed', resumeTo: 'switching' } as const)",
        to: "isLive ? ({ phase: 'observing', resumeTo: null } as const)",
      },
    ],
    foundBy: 'what is late stays',
    profile: {
      inPlace: false,
      freezes: false,
      acceptLateWrites: true,
      goal: 'completed',
      traits: [],
      likely: [
        { methods: ['dropAlias'], kinds: ['redis-emptied'], chance: 0.5, during: ['switching'] },
        { methods: ['pointAlias'], kinds: ['slow'], chance: 0.9, during: ['switching'], lasts: [600, 900] },
      ],
      meddling: { kind: 'damage metadata', after: 'switching', within: 5_000 },
      writes: { after: 'switching', within: 4_000, count: 40 },
    },
    from: 8,
  },
  {
    name: 'drop-mark',
    kind: 7,
    without: 'marking the collection that is to be deleted',
    edits: [
      {
        file: 'core/src/stages/drop-source.ts',
        from: 'if (mark?.by !== id) {',
        to: 'if (mark?.by === null) {',
      },
      {
        file: 'core/src/stages/drop-source.ts',
        from: '(await isStillOurs(deps, migration)) && isMarked ? source : null',
        to: '(await isStillOurs(deps, migration)) && (isMarked || !isMarked) ? source : null',
      },
    ],
    foundBy: 'complete deletes the collection it decided about',
    profile: {
      inPlace: false,
      goal: 'completed',
      likely: [{ methods: ['drop'], kinds: ['lose-reply', 'crash-after'], chance: 0.5 }],
      meddling: { kind: 'make the old collection anew', after: 'completing', within: 1 },
    },
    from: 2,
  },
  {
    name: 'mark-outlives-trouble',
    kind: 7,
    without: 'leaving the mark where a look fails that is made again',
    edits: [
      { file: 'core/src/stages/drop-source.ts', from: "isReembedError(error) && error.retry !== 'later'", to: 'isReembedError(error)' },
    ],
    foundBy: 'complete deletes the old collection',
    profile: { inPlace: false, goal: 'completed', likely: [{ methods: ['aliases', 'list'], kinds: ['fail'], chance: 0.1 }] },
    from: 47,
  },
  {
    name: 'damaged-metadata',
    kind: 8,
    without: 'naming damaged metadata as such',
    edits: [
      { file: 'core/src/stages/announce.ts', from: "throw new ReembedError('metadata-damaged', damaged(", to: 'throw new Error(damaged(' },
    ],
    foundBy: 'no stage fails in a way it should not',
    profile: { inPlace: false, meddling: { kind: 'damage metadata', after: 'copying', within: 2_000 } },
    from: 1,
  },
  {
    name: 'floats-move',
    kind: 9,
    without: 'taking floats for equal that the server spells otherwise',
    edits: [{ file: 'core/src/domain/payload-text.ts', from: '<= movedUlps', to: '<= movedUlps - 2n' }],
    foundBy: 'nothing stands still',
    profile: { inPlace: false, traits: ['floats move'] },
    from: 1,
  },
  {
    name: 'own-vectors',
    kind: 10,
    without: 'leaving vectors that an application wrote',
    edits: [{ file: 'core/src/ranges/backfill-range.ts', from: 'overwrite ? undefined : vector.name', to: 'undefined' }],
    foundBy: 'a live target is not written by sync',
    profile: {
      inPlace: false,
      keepsOld: true,
      goal: 'observing',
      traits: ['own vectors'],
      likely: [{ methods: ['embed', 'updateVectors'], kinds: ['slow'], chance: 0.7 }],
      writes: { after: 'observing', within: 6_000, count: 60 },
      calmAt: 18_000,
    },
    from: 8,
  },
  {
    name: 'set-aside-again',
    kind: 11,
    without: 'trying points again whose payload has changed since they were set aside',
    edits: [
      {
        file: 'core/src/ranges/write-points.ts',
        from: 'recorded.get(point.id)?.payloadHash === contentHash(point)',
        to: 'recorded.get(point.id) !== undefined || contentHash(point) === ""',
      },
    ],
    foundBy: 'late writes are listed',
    profile: { inPlace: false, traits: ['refused texts'], likely: [], writes: { after: 'ready', within: 5_000, count: 40 } },
    from: 18,
  },
  {
    name: 'forgotten-passes',
    kind: 12,
    without: 'forgetting the passes of before',
    edits: [
      {
        file: 'core/src/stages/run-pass.ts',
        from: 'if (begun !== null) await deps.ranges.forgetPasses(',
        to: 'if (begun === null) await deps.ranges.forgetPasses(',
      },
    ],
    foundBy: 'tables stay bounded',
    profile: { inPlace: false },
    from: 6,
  },
  {
    name: 'accepted-writes',
    kind: 13,
    without: 'waiting for what the source has accepted before it is compared',
    edits: [
      {
        file: 'core/src/stages/switch-alias.ts',
        from: `await closeFence(deps, migration);
      await settleWrites(deps, migration.resolved.source);`,
        to: 'await closeFence(deps, migration);',
      },
    ],
    foundBy: 'with writers held nothing comes late',
    profile: { inPlace: false, freezes: true, traits: ['no waiting'], likely: [], writes: { after: 'ready', within: 6_000, count: 60 } },
    from: 198,
  },
  {
    name: 'majority',
    kind: 13,
    without: 'reading at a majority what an act goes by',
    edits: [
      {
        file: 'core/src/ranges/read-pages.ts',
        from: 'majority: actsByIt(migration.phase),',
        to: 'majority: actsByIt(migration.phase) && false,',
      },
    ],
    foundBy: null,
    profile: {
      inPlace: false,
      freezes: false,
      traits: ['replicas lag'],
      likely: [],
      writes: { after: 'switching', within: 2_000, count: 20 },
    },
    from: 9,
  },
  {
    name: 'hold-token',
    kind: 14,
    without: 'a token of its own for each hold on writers',
    edits: [{ file: 'core/src/stages/freeze.ts', from: 'held.token : deps.newId()', to: "held.token : 'the same'" }],
    foundBy: 'each holds by a token of its own',
    profile: { inPlace: false, freezes: true, goal: 'observing', coordinators: 3, traits: [], likely: [] },
    from: 1,
  },
  {
    name: 'writers-let-go',
    kind: 14,
    without: 'letting writers go once a step has led out of the switch',
    edits: [
      {
        file: 'core/src/stages/freeze.ts',
        from: "if (result.kind === 'next') await release",
        to: "if (result.kind === 'next' && !result) await release",
      },
      { file: 'core/src/stages/switch-alias.ts', from: '  await release(deps, migration);', to: '' },
    ],
    foundBy: 'writers are let go',
    profile: { inPlace: false, freezes: true, goal: 'observing', traits: [], likely: [] },
    from: 1,
  },
  {
    name: 'stray-aliases',
    kind: 14,
    without: 'dropping aliases that a coordinator makes which slept',
    edits: [
      {
        file: 'core/src/stages/run-stage.ts',
        from: 'await dropStrayAliases(',
        to: 'if (migrations.length > 1_000) await dropStrayAliases(',
      },
    ],
    foundBy: 'no fence stands at rest',
    profile: {
      inPlace: false,
      goal: 'observing',
      keepsOld: false,
      coordinators: 3,
      likely: [{ methods: ['pointAlias'], kinds: ['sleep-before'], chance: 0.5, lasts: [3_000, 12_000] }],
    },
    from: 1,
  },
  {
    name: 'last-copy',
    kind: 15,
    without: 'looking whether the target still stands before the old collection goes',
    edits: [
      {
        file: 'core/src/stages/whereabouts.ts',
        from: "if (wanted === 'complete' && !targetStands) return",
        to: "if (wanted === 'complete' && !targetStands && targetStands) return",
      },
      {
        file: 'core/src/stages/whereabouts.ts',
        from: "wanted === 'complete' && whereabouts.sourceStands &&",
        to: "wanted === 'complete' && whereabouts.sourceStands && !targetStands && targetStands &&",
      },
      {
        file: 'core/src/stages/drop-source.ts',
        from: '(await isStillOurs(deps, migration)) && isMarked ? source : null',
        to: 'isMarked ? source : null',
      },
    ],
    foundBy: 'complete keeps the last copy',
    profile: {
      inPlace: false,
      goal: 'completed',
      likely: [{ methods: ['describe', 'aliases', 'list'], kinds: ['slow'], chance: 0.3 }],
      meddling: { kind: 'delete the target', after: 'completing', within: 100 },
    },
    from: 3,
  },
  {
    name: 'in-place-not-switched',
    kind: 2,
    without: 'knowing that a collection filled in place is in use and not switched',
    edits: [{ file: 'core/src/commands/adopt.ts', from: '!isInPlace(stored.spec) && isAliasThere(', to: 'isAliasThere(' }],
    foundBy: null,
    profile: {
      inPlace: true,
      goal: 'completed',
      likely: [{ methods: ['embed', 'lacking'], kinds: ['redis-emptied'], chance: 0.2, during: ['copying'] }],
      meddling: { kind: 'damage metadata', after: 'copying', within: 200 },
    },
    from: 1,
  },
  {
    name: 'in-place-own-vectors',
    kind: 10,
    without: 'leaving vectors that an application wrote in place',
    edits: [{ file: 'core/src/ranges/backfill-range.ts', from: 'overwrite ? undefined : vector.name', to: 'undefined' }],
    foundBy: 'vectors that an application wrote stay',
    profile: {
      inPlace: true,
      goal: 'completed',
      traits: ['own vectors'],
      likely: [{ methods: ['embed', 'updateVectors'], kinds: ['slow'], chance: 0.7 }],
      writes: { after: 'copying', within: 6_000, count: 60 },
      calmAt: 12_000,
    },
    from: 25,
  },
  {
    name: 'in-place-read-again',
    kind: 10,
    without: 'reading texts again once their vectors are written',
    edits: [
      {
        file: 'core/src/ranges/backfill-range.ts',
        from: 'const now = await readPoints(context, filled, ids, { majority: true });',
        to: 'const now = before;',
      },
    ],
    foundBy: 'in place all have a vector of their own text',
    profile: {
      inPlace: true,
      goal: 'completed',
      traits: [],
      likely: [{ methods: ['embed', 'updateVectors'], kinds: ['slow'], chance: 0.7 }],
      writes: { after: 'copying', within: 6_000, count: 60 },
      calmAt: 12_000,
    },
    from: 20,
  },
  {
    name: 'lone-action',
    kind: 16,
    without: 'one lone action that points an alias elsewhere',
    edits: [
      {
        file: 'core/src/stages/switch-alias.ts',
        from: '  await deps.collections.pointAlias(alias, collection);',
        to: '  await deps.collections.dropAlias(alias);\n  await deps.collections.pointAlias(alias, collection);',
      },
    ],
    foundBy: 'the alias is never absent',
    profile: { inPlace: false },
    from: 1,
  },
  {
    name: 'source-that-is-read',
    kind: 17,
    without: 'asking who else reads a collection before it is deleted',
    edits: [
      { file: 'core/src/stages/users-of.ts', from: 'found.id === id || (', to: 'found.id !== id || (' },
      {
        file: 'core/src/stages/prepare.ts',
        from: '  await claimTarget(deps, prepared, source);\n  await checkNotDoomed(deps, migration);',
        to: '  await claimTarget(deps, prepared, source);',
      },
    ],
    foundBy: 'nothing that a migration reads is deleted',
    profile: {
      inPlace: false,
      goal: 'completed',
      traits: [],
      likely: [],
      second: { reads: 'the same source', fleet: 1, begins: { at: 500, after: 'ready' } },
    },
    from: 3,
  },
  {
    name: 'doomed-source',
    kind: 17,
    without: 'asking whether a source is about to be deleted, once its target is claimed',
    edits: [
      {
        file: 'core/src/stages/prepare.ts',
        from: 'claimTarget(deps, prepared, source);\n  await checkNotDoomed(deps, migration);',
        to: 'claimTarget(deps, prepared, source);',
      },
    ],
    foundBy: 'nothing that a migration reads is deleted',
    profile: {
      inPlace: false,
      goal: 'completed',
      traits: [],
      coordinators: 1,
      likely: [
        {
          methods: ['describe', 'aliases', 'list', 'names'],
          kinds: ['sleep-after'],
          chance: 0.15,
          during: ['completing'],
          lasts: [1_000, 5_000],
        },
      ],
      second: { reads: 'the same source', fleet: 1, begins: { at: 20, after: 'completing' } },
    },
    from: 7,
  },
  {
    name: 'kept-by-another',
    kind: 17,
    without: 'leaving a collection to another migration that has switched away from it, too',
    edits: [
      {
        file: 'core/src/stages/drop-source.ts',
        from: 'users.find(({ isKeeper }) => !isKeeper)',
        to: 'users.find(({ isKeeper }) => !isKeeper || isKeeper)',
      },
    ],
    foundBy: 'nothing stands still',
    profile: {
      inPlace: false,
      goal: 'completed',
      traits: [],
      likely: [],
      second: { reads: 'the same source', fleet: 0, goal: 'completed', begins: { at: 10, after: null } },
    },
    from: 1,
  },
  {
    name: 'last-of-two-words',
    kind: 17,
    without: 'deleting what the later of two words to complete has left to the earlier one',
    edits: [
      {
        file: 'core/src/stages/drop-source.ts',
        from: '  await changeMark(deps, source, { from: by, to: ownMark(deps, id) });\n  return null;',
        to: "  return 'it is for the other one to delete';",
      },
    ],
    foundBy: 'complete deletes the old collection',
    profile: {
      inPlace: false,
      goal: 'completed',
      traits: [],
      likely: [{ methods: ['moved'], kinds: ['fail'], chance: 0.5 }],
      second: { reads: 'the same source', fleet: 0, goal: 'completed', begins: { at: 10, after: null } },
    },
    from: 8,
  },
  {
    name: 'noted-before-the-change',
    kind: 18,
    without: 'noting how vectors were kept before that is changed',
    edits: [
      {
        file: 'core/src/requantize/requantize.ts',
        from: '  await collections.patch(info.name, { metadata: { [metadataKeys.requantize]: note } });\n',
        to: '  if (note === null) return;\n',
      },
    ],
    foundBy: 'what was before a change of quantization is known',
    profile: { inPlace: false, requantizations: 4 },
    from: 1,
  },
  {
    name: 'quantization-at-work',
    kind: 18,
    without: 'leaving the quantization of what a migration measures',
    edits: [
      { file: 'core/src/requantize/requantize.ts', from: '  await checkNotAtWork(deps.collections, scene.info.name);', to: '' },
      { file: 'core/src/requantize/requantize.ts', from: '  await checkNotAtWork(deps.collections, info.name);', to: '' },
    ],
    foundBy: 'what a migration measures keeps its quantization',
    profile: { inPlace: false, requantizations: 4 },
    from: 2,
  },
  {
    name: 'hot-page-again',
    kind: 10,
    without: 'going on with a pass over the points that are retrieved most, which alone knows what pages were in hand',
    edits: [
      {
        file: 'core/src/stages/run-pass.ts',
        from: 'if (migration.fill?.kind === kind)',
        to: "if (migration.fill?.kind === kind && kind !== 'hot')",
      },
    ],
    foundBy: 'in place all have a vector of their own text',
    profile: {
      inPlace: true,
      hotFirst: true,
      goal: 'completed',
      traits: [],
      points: 14,
      likely: [{ methods: ['embed', 'updateVectors', 'retrieve'], kinds: ['slow'], chance: 0.7 }],
      meddling: { kind: 'damage metadata', after: 'copying', within: 1_500 },
      writes: { after: 'copying', within: 3_000, count: 60 },
      calmAt: 12_000,
    },
    from: 55,
  },
  {
    name: 'late-before-reverse',
    kind: 6,
    without: 'waiting with reverse sync while writes that came late are open',
    edits: [
      {
        file: 'core/src/stages/reverse-sync.ts',
        from: 'if (lateWrites.length === 0) return null;',
        to: 'if (lateWrites.length >= 0) return null;',
      },
    ],
    foundBy: 'the only copy of a late write stays',
    profile: {
      inPlace: false,
      reverseSync: true,
      freezes: false,
      acceptLateWrites: true,
      goal: 'observing',
      traits: [],
      likely: [],
      writes: { after: 'switching', within: 1_500, count: 40 },
    },
    from: 1,
  },
  {
    name: 'rollback-behind-fence',
    kind: 14,
    without: 'closing the fence of reverse sync before a rollback compares',
    edits: [
      {
        file: 'core/src/stages/roll-back.ts',
        from: 'if (fillsAfterSwitch(migration.spec) || syncsBack(migration.spec)) await closeFence(deps, migration);',
        to: '',
      },
    ],
    foundBy: 'a live collection is not written by reverse sync',
    profile: {
      inPlace: false,
      reverseSync: true,
      freezes: false,
      acceptLateWrites: true,
      goal: 'rolled-back',
      workers: 3,
      traits: [],
      likely: [
        {
          methods: ['insertOnly', 'updateOnly', 'remove'],
          kinds: ['sleep-before', 'slow'],
          chance: 0.5,
          during: ['observing', 'rolling-back'],
          lasts: [500, 9_000],
        },
      ],
      writes: { after: 'observing', within: 3_000, count: 40 },
    },
    from: 120,
  },
];
