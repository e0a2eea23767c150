import { type Phase, readClaim, readMigration, readPhase, type Spec } from '@reembed/contracts';
import type { Migration, PointText } from '@reembed/core';
import type { StoredCollection } from '@reembed/testkit/fakes/memory-store';
import type { Call } from '../engine/calls.ts';
import { requestTimeoutMs } from '../scenario.ts';
import { ownVector, type Write } from '../users/writes.ts';
import { asMeant, type QdrantServer, resolve } from '../world/qdrant-server.ts';
import type { WholeState } from '../world/whole-state.ts';
import { createHoldChecks } from './hold-checks.ts';
import { byText, changedIds, createLedger } from './ledger.ts';
import { createVectorLooks } from './vector-looks.ts';

/** A promise that was broken, in words. */
export type Violation = { readonly rule: string; readonly what: string };

export type ChecksOptions = {
  readonly now: () => number;
  readonly qdrant: QdrantServer;
  readonly redis: WholeState;
  readonly spec: Spec;
  /** Nothing has befallen anybody so far: no page is done again. */
  readonly isUndisturbed: () => boolean;
  /** Nothing is late unless somebody said that it may be. */
  readonly acceptLateWrites: boolean;
  readonly report: (violation: Violation) => void;
  /** Another migration reads the same source, keeps it, or was at it when this one was to delete it. */
  readonly isKept: () => boolean;
  /** A migration has come to a phase. */
  readonly onPhase: (phase: Phase) => void;
};

const pointWrites = new Set(['insertOnly', 'updateOnly', 'updateVectors', 'removeVector', 'remove']);
const changes = new Set([...pointWrites, 'create', 'drop', 'pointAlias', 'dropAlias', 'dropVector', 'addVector']);
/** Phases in which a pass writes to what is live. */
const writesLive: ReadonlySet<Phase> = new Set(['observing', 'inserting-late', 'completing']);
/** Phases in which the source is read, and nowhere else is what was written to it. */
const beforeSwitch: ReadonlySet<Phase> = new Set([
  ...(['copying', 'indexing', 'verifying', 'syncing', 'ready', 'pausing', 'paused', 'switching'] as const),
]);
const stops: ReadonlySet<Phase> = new Set(['pausing', 'failed', 'inserting-late', 'rolling-back', 'completing']);
const writingPasses = new Set(['copy', 'sync', 'backfill', 'hot', 'insert-late']);

/** Between the end of a comparison and the alias action: three looks of a request's length, and one answer of Redis. */
const freshMs = 4_500;
/** Of a migration at rest; each time that Redis comes back older one more may stand, which nobody but Redis knows, until the migration ends. */
const mostPasses = 6;

/** Looks at every effect of the fleet: the rules that hold after each of them, and at rest. */
export function createChecks(options: ChecksOptions) {
  const { now, qdrant, redis, spec, report } = options;
  const { store } = qdrant;
  const alias = spec.target.alias ?? '';
  const targetName = spec.target.collection;
  const sourceName = spec.source.collection;
  const source = store.get(sourceName);
  const ledger = createLedger(spec, source);
  const looks = createVectorLooks(now);
  const holds = createHoldChecks(options);
  const documents = new Map<string, Migration>();
  /** When each task last saw the aliases, and when a range of a pass was last finished. */
  const lookedAt = new WeakMap<object, number>();
  const finishedAt = new Map<number, number>();
  /** When the pass of each number began, by fleet and migration: a Redis that came back older forgets the last ones. */
  const begunAt = new Map<string, string>();
  let lastComparedAt = Number.NEGATIVE_INFINITY;
  /** By which the alias is about to move, as was stored last: also where Redis was lost since. */
  let comparedPass: number | null = null;
  /** Workers insert late writes, whatever Redis says since. */
  let insertsLate = false;
  /** When a person said that the old collection may go, and when somebody made another one of its name. */
  let wordToComplete = Number.NEGATIVE_INFINITY;
  let madeAnewAt = Number.NEGATIVE_INFINITY;
  /** With a target that somebody deleted go its aliases. */
  let timesLost = 0;
  let aliasGone = !store.aliases.has(alias);
  let goneAt = Number.NEGATIVE_INFINITY;
  /** Moved by a coordinator that slept between its last look and the request: nothing can hold that (docs/guarantees.md). */
  let movedAsleep = false;
  const fills = Object.values(spec.vectors).some(({ keep }) => keep !== undefined) && Object.keys(spec.vectors).length > 1;
  const followsBack = spec.observe.reverseSync;

  function afterEffect(call: Call, before: readonly PointText[], on: StoredCollection | undefined): void {
    const behind = store.aliases.get(alias);
    if (behind !== undefined) aliasGone = false;
    if (call.method === 'dropAlias' && call.args[0] === alias) onAliasDropped();
    if (!aliasGone && (behind === undefined || !store.all.has(behind)))
      report({ rule: 'the alias is never absent', what: `after ${call.method}` });
    if (call.method === 'pointAlias' && call.args[0] === alias) onAliasMoved(call);
    if (call.method === 'drop' && call.args[0] === sourceName) onDrop(call, on);
    if (on === undefined || !pointWrites.has(call.method)) return;
    const changed = changedIds(before, on.points);
    if (changed.length === 0) return;
    if (on === source) checkSourceWrite(call, changed);
    if (on === ledger.live() && ledger.byHand() === null) checkLiveWrite(call, before, on, changed);
    else if (on === ledger.live()) checkWriteByHand(call, changed);
  }

  /** Into the old collection goes what reverse sync brings, through its own fence, while nobody uses it, and over no write that came late. */
  function checkSourceWrite(call: Call, changed: readonly string[]): void {
    const what = `${call.process.name} ${call.method} changes ${changed.join(', ')}`;
    const isThroughFence = followsBack && /\.reverse\.\d+$/.test(String(call.args[0]));
    if (!isThroughFence) report({ rule: 'the source is not written', what });
    if (store.aliases.get(alias) === sourceName) report({ rule: 'a live collection is not written by reverse sync', what });
    const late = new Set([...ledger.lost(), ...ledger.openLate()]);
    const gone = changed.filter((id) => late.has(id));
    if (gone.length > 0) report({ rule: 'the only copy of a late write stays', what: `${call.process.name} changes ${gone.join(', ')}` });
    ledger.followedBack();
  }

  /** Where it was gone when the migration began, a rollback leaves it so. */
  function onAliasDropped(): void {
    const isBack = (phase: Phase | undefined) => phase === 'rolling-back' || phase === 'rolled-back';
    const goesBack = ({ phase, resolved }: Migration) => resolved.aliasBefore === null && isBack(phase);
    // Redis may have come back older meanwhile: the target says it too.
    const said = store.all.get(targetName)?.info.metadata;
    const wasAbsent = readMigration(said)?.resolved.aliasBefore === null;
    if ([...redis.documents.values()].some(goesBack) || (wasAbsent && isBack(readPhase(said)?.phase))) aliasGone = true;
    ledger.switchedBack();
  }

  function onAliasMoved(call: Call): void {
    const target = store.all.get(String(call.args[1]));
    if (target === undefined || call.args[1] !== targetName) {
      ledger.switchedBack();
      checkBack(call);
      return;
    }
    if (ledger.live() === target) return;
    movedAsleep = now() - call.issuedAt > requestTimeoutMs;
    if (movedAsleep) {
      ledger.switched(target, lastComparedAt, now());
      return;
    }
    const comparedAt = finishedAt.get(comparedPass ?? -1) ?? Number.NEGATIVE_INFINITY;
    const late = ledger.switched(target, lastComparedAt);
    if (late.length > 0 && spec.switch.freeze.url !== null)
      report({ rule: 'with writers held nothing comes late', what: `${late.join(', ')} differ when the alias moves` });
    const age = call.issuedAt - comparedAt;
    if (late.length > 0 && !options.acceptLateWrites && age > freshMs)
      report({ rule: 'an act goes by a fresh comparison', what: `the alias moves ${age} ms after it, and ${late.join(', ')} differ` });
  }

  /** With writers held nothing is lost but what somebody gave up. One that slept between its last look and the request cannot be held. */
  function checkBack(call: Call): void {
    const lost = ledger.differWhenBack();
    const isHeld = spec.switch.freeze.url !== null && now() - call.issuedAt <= requestTimeoutMs;
    if (followsBack && isHeld && lost.length > (redis.newest()?.loseWrites ?? 0))
      report({ rule: 'a rollback with reverse sync loses nothing', what: `${lost.join(', ')} differ when the alias goes back` });
  }

  function onDrop(call: Call, on: StoredCollection | undefined): void {
    const said = readPhase(store.all.get(targetName)?.info.metadata);
    // One that slept before it said a phase says one that is over.
    const isOver = said !== null && said.number < (redis.newest()?.phaseNumber ?? 0);
    // One that slept between its look and the request cannot be held.
    if (on === source && said !== null && !isOver && beforeSwitch.has(said.phase) && now() - call.issuedAt <= requestTimeoutMs)
      report({
        rule: 'nothing that a migration reads is deleted',
        what: `${call.process.name} deletes it while "${targetName}" is ${said.phase}`,
      });
    if (on !== undefined && on !== source && madeAnewAt > wordToComplete)
      report({ rule: 'complete deletes the collection it decided about', what: `another "${sourceName}" is deleted` });
    // Nothing can hold somebody from deleting it between the last look and the drop.
    const isOurWord = wordToComplete > Number.NEGATIVE_INFINITY;
    if (isOurWord && !store.all.has(targetName) && goneAt < (lookedAt.get(call.task) ?? 0))
      report({ rule: 'complete keeps the last copy', what: `"${targetName}" is gone, and "${sourceName}" is deleted` });
    const open = ledger.lost();
    if (open.length > 0) report({ rule: 'what is late stays', what: `${open.join(', ')} are deleted with the old collection` });
  }

  /** Into the live target goes nothing but late writes that are missing, and new vectors where the old ones are kept beside them. */
  function checkLiveWrite(call: Call, before: readonly PointText[], on: StoredCollection, changed: readonly string[]): void {
    const [old, fresh] = [byText(before), byText(on.points)];
    const vectorsOnly = call.method === 'updateVectors' || call.method === 'removeVector';
    if (fills && vectorsOnly && changed.every((id) => isFilled(call, old.get(id), fresh.get(id)))) return;
    // Redis may have come back older meanwhile: the target says it too.
    const insertsNow = insertsLate || readPhase(on.info.metadata)?.phase === 'inserting-late';
    const inserts = call.method === 'insertOnly' && insertsNow;
    const stray = changed.filter((id) => !inserts || !ledger.isListed(id));
    if (stray.length > 0)
      report({ rule: 'a live target is not written by sync', what: `${call.process.name} ${call.method} changes ${stray.join(', ')}` });
    const back = changed.filter((id) => inserts && ledger.isDeleted(id));
    if (back.length > 0) report({ rule: 'deletes are never undone', what: `${call.process.name} brings ${back.join(', ')} back` });
  }

  /** A page in hand is done again, over what is there, where a pause, a failure or a word came in the middle of it. */
  function hasStopped(): boolean {
    return [...documents.values()].some(({ history }) => history.some(({ phase }) => stops.has(phase)));
  }

  /** Filled in is what was missing, or made by us before; what an application wrote only where a page is done again. */
  function isFilled(call: Call, old: PointText | undefined, fresh: PointText | undefined): boolean {
    if (old === undefined || fresh === undefined) return false;
    return (
      asMeant(fresh.payload) === asMeant(old.payload) &&
      fresh.vectors[''] === old.vectors[''] &&
      (old.vectors.new !== ownVector || hasStopped() || !options.isUndisturbed() || looks.cameAfter(call, old.id.id))
    );
  }

  /** What a worker had in flight when somebody moved the alias still arrives; who has looked since deletes nothing. */
  function checkWriteByHand(call: Call, changed: readonly string[]): void {
    ledger.excuse(changed);
    const movedAt = ledger.byHand() ?? 0;
    if (call.method === 'remove' && (lookedAt.get(call.task) ?? 0) > movedAt && call.process.name.startsWith('coordinator'))
      report({ rule: 'a live target is not written by sync', what: `${call.process.name} deletes ${changed.join(', ')}` });
  }

  function onRedis(call: Call): void {
    if (call.method === 'finish' && documents.has(String(call.args[0]))) onFinished(Number(call.args[1]));
    for (const [id, document] of redis.documents) {
      const before = documents.get(id);
      if (before === document) continue;
      documents.set(id, document);
      onDocument(call, before, document);
    }
  }

  function onFinished(number: number): void {
    finishedAt.set(number, now());
    const kinds = [...documents.values()].flatMap(({ pass }) => (pass?.number === number ? [pass.kind] : []));
    if (kinds.includes('verify')) lastComparedAt = now();
    if (kinds.includes('reverse-sync')) ledger.passedBack(now());
  }

  function onDocument(call: Call, before: Migration | undefined, document: Migration): void {
    const { pass, phase, phaseNumber, lateWrites } = document;
    ledger.list(lateWrites.flatMap(({ ids }) => ids.map((late) => late.id)));
    ledger.open(phase === 'observing' ? lateWrites.flatMap(({ kind, ids }) => (kind === 'extra' ? [] : ids.map((late) => late.id))) : []);
    const begins = pass !== null && pass.number !== before?.pass?.number && writingPasses.has(pass.kind);
    const movedAt = ledger.byHand();
    // One that looked before somebody moved the alias begins it: the next run of its stage looks again.
    if (begins && movedAt !== null && (lookedAt.get(call.task) ?? 0) > movedAt && !writesLive.has(phase))
      report({ rule: 'a live target is not written by sync', what: `${call.process.name} begins pass ${pass.number} (${pass.kind})` });
    if (pass !== null) checkNumber(document, pass);
    if (phase === 'switching') comparedPass = document.comparedPass;
    if (phaseNumber === before?.phaseNumber) return;
    options.onPhase(phase);
    // A fleet that was taken over meanwhile may have one in flight.
    insertsLate = phase === 'inserting-late' || (insertsLate && document.owner !== before?.owner);
    if (phase === 'observing' && before?.phase === 'switching') checkListed(phase);
    if (phase === 'observing' && before?.phase === 'inserting-late') checkInserted(before, document);
    if (phase === 'rolled-back' && before?.phase === 'rolling-back') checkRollback(before, document);
  }

  /** The first one copies, whoever begins it: another that is the first as well does the same work. */
  function checkNumber({ id, owner }: Migration, { number, startedAt }: NonNullable<Migration['pass']>): void {
    const key = `${owner} ${id} ${number}`;
    const before = begunAt.get(key) ?? startedAt;
    begunAt.set(key, startedAt);
    if (number > 1 && before !== startedAt)
      report({ rule: 'a pass has a number of its own', what: `pass ${number} began at ${before} and at ${startedAt}` });
  }

  function checkListed(phase: string): void {
    const lost = ledger.lost();
    if (lost.length > 0) report({ rule: 'late writes are listed', what: `${lost.join(', ')} are not, at ${phase}` });
  }

  /** A missing one is inserted, or stays late. */
  function checkInserted(before: Migration, { lateWrites }: Migration): void {
    const wanted = before.lateWrites.flatMap(({ kind, ids }) => (kind === 'missing' ? ids.map(({ id }) => id) : []));
    const open = new Set(lateWrites.flatMap(({ ids }) => ids.map(({ id }) => id)));
    const dropped = wanted.filter((id) => !open.has(id) && ledger.isStillMissing(id));
    if (dropped.length > 0)
      report({ rule: 'what is late stays late', what: `${dropped.join(', ')} are neither inserted nor late any more` });
  }

  /** More differences than may be lost are listed. */
  function checkRollback(before: Migration, { rollback }: Migration): void {
    const writes = ledger.lostWhenBack();
    if (writes.length > (before.loseWrites ?? 0) && rollback === null)
      report({ rule: 'a rollback lists what it loses', what: `${writes.join(', ')} differ, ${before.loseWrites ?? 0} may be lost` });
  }

  return {
    /** Carries an effect out and looks at what it has done. */
    effect(call: Call, run: () => Promise<unknown>): Promise<unknown> {
      if (call.method === 'aliases') lookedAt.set(call.task, now());
      if (call.server === 'redis') {
        const answer = run();
        onRedis(call);
        holds.effect(call);
        return answer;
      }
      looks.effect(call);
      holds.effect(call);
      if (call.server !== 'qdrant' || !changes.has(call.method)) return run();
      const on = resolve(store, String(call.args[0]));
      // What was accepted before is an application's.
      if (on !== undefined && pointWrites.has(call.method)) qdrant.drain(on);
      const before = on?.points ?? [];
      const answer = run();
      afterEffect(call, before, on);
      return answer;
    },
    onWrite(write: Write, on: StoredCollection, wasThere: boolean): void {
      ledger.written(write, on, wasThere, now());
      if (on === ledger.live()) looks.written(write);
    },
    /** Somebody moved the alias, to the target (null: away from it). */
    movedByHand(target: StoredCollection | null): void {
      if (target === null) ledger.switchedBack();
      else ledger.switched(target, now(), now());
    },
    /** A person said that the old collection, as it is now, may go. */
    saidComplete(): void {
      wordToComplete = now();
    },
    /** Somebody made another collection of the old one's name. */
    madeAnew(): void {
      madeAnewAt = now();
    },
    /** Somebody deleted the target. */
    targetGone(): void {
      ledger.switchedBack();
      aliasGone = true;
      goneAt = now();
    },
    /** Redis was emptied, or came back older. */
    redisLost(): void {
      ledger.redisLost(now());
      timesLost++;
      // What it says now is nobody's act.
      documents.clear();
      for (const [id, document] of redis.documents) documents.set(id, document);
    },
    /** When everything has come to rest. */
    atRest(migration: Migration): void {
      const { phase } = migration;
      const fences = fencesOf(store, redis);
      const standing = phase === 'observing' ? Number(fills) + Number(followsBack) : 0;
      // A fleet that slept between its look and its word has it again, also after its end, and goes on with it: nothing can hold that.
      const { metadata } = store.all.get(targetName)?.info ?? {};
      const said = readPhase(metadata);
      const isTaken = said !== null && said.owner !== migration.owner;
      if (!isTaken && fences.length > standing) report({ rule: 'no fence stands at rest', what: fences.join(', ') });
      // A target that another made, which only a Redis that is lost knew, keeps the name by which it is seen.
      const claim = readClaim(metadata);
      const isOthers = claim !== null && claim.id !== migration.id;
      if (!isTaken && !isOthers && store.aliases.has(`${alias}.next`))
        report({ rule: 'no fence stands at rest', what: `${alias}.next stands` });
      const behind = store.aliases.get(alias);
      const switched = phase === 'observing' || phase === 'completed';
      const isAnswered = !aliasGone && !movedAsleep && !isTaken && (switched || ledger.byHand() === null);
      if (isAnswered && behind !== (switched ? targetName : sourceName))
        report({ rule: 'the alias points where the phase says', what: `${alias} points at ${behind} while ${phase}` });
      if (switched) checkListed(phase);
      if (phase === 'completed' && store.all.get(sourceName) === source && !options.isKept())
        report({ rule: 'complete deletes the old collection', what: `${sourceName} is still there` });
      const passes = redis.memory.map<{ readonly passes: ReadonlyMap<number, unknown> }>('ranges').get(migration.id)?.passes.size ?? 0;
      if (passes > mostPasses + timesLost) report({ rule: 'tables stay bounded', what: `${passes} passes are kept` });
    },
  };
}

export type Checks = ReturnType<typeof createChecks>;

/**
 * Fences that stand, of migrations that are known. One that an older Redis has forgotten is not over: its target tells of it, and whoever adopts it
 * goes on through that fence.
 */
export function fencesOf({ aliases }: ChecksOptions['qdrant']['store'], { documents }: ChecksOptions['redis']): string[] {
  return [...aliases.keys()].filter((name) => [...documents.keys()].some((id) => name.startsWith(`reembed.${id}.`)));
}
