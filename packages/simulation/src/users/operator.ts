import { type Command, readClaim, type Spec } from '@reembed/contracts';
import {
  adoptTarget,
  type CommandWords,
  command,
  discard,
  isReembedError,
  type Migration,
  type ReembedError,
  settleLateWrites,
  submit,
} from '@reembed/core';
import type { Random } from '../engine/random.ts';
import type { Scheduler } from '../engine/scheduler.ts';
import type { Coordinator } from '../fleet/coordinator.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { QdrantServer } from '../world/qdrant-server.ts';
import type { WholeState } from '../world/whole-state.ts';

/** Where a person wants to get to. */
export type Goal = 'observing' | 'completed' | 'rolled-back' | 'cancelled';

export type OperatorOptions = {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly redis: WholeState;
  readonly qdrant: QdrantServer;
  readonly putAliasBack: () => void;
  /** One that answers, of the fleet that has the migration. */
  readonly coordinator: Fleet['coordinator'];
  /** The same of the fleet that has the other migration, where there is one. */
  readonly other: Fleet['coordinator'];
  readonly spec: Spec;
  readonly goal: Goal;
  readonly acceptLateWrites: boolean;
  /** The first look, in ms. */
  readonly beginsAt: number;
  readonly onComplete: () => void;
  readonly tell: (what: string) => void;
  readonly onDefect: (error: unknown) => void;
};

type Word = { readonly name: string; readonly say: (on: Coordinator) => Promise<unknown> };

/** A person who looks now and then, says what leads to the goal, and takes the ways out that messages name. */
export function startOperator(options: OperatorOptions) {
  const { scheduler, random, redis, coordinator, spec, goal, tell } = options;
  let restless = true;
  const lagsSeen = new Set<string>();
  /** The last refusal. */
  let told: ReembedError | null = null;
  /** What was cancelled before Redis was lost has been deleted. */
  let discarded = false;
  scheduler.after(options.beginsAt, look, 'wakes');

  function look(): void {
    const migration = redis.newest();
    const rests = isThere(migration) && migration?.announced === migration?.phaseNumber;
    const word = rests ? null : nextWord(migration);
    const on = coordinator();
    if (word === null || on === null) lookLater();
    else say(word, on);
  }

  const lookLater = () => scheduler.after(random.between(200, restless ? 2_500 : 1_000), look, 'wakes');

  function say(word: Word, on: Coordinator): void {
    tell(`a person says ${word.name}`);
    // One that gets no answer asks again, of whoever answers.
    let answered = false;
    scheduler.after(20_000, () => {
      if (answered) return;
      answered = true;
      look();
    });
    void word
      .say(on)
      .then(() => {
        told = null;
      })
      .catch((error: unknown) => {
        if (isReembedError(error)) told = error;
        if (!isReembedError(error)) options.onDefect(error);
        else tell(`is told ${error.code}: ${error.message}`);
      })
      .then(() => {
        if (answered) return;
        answered = true;
        lookLater();
      });
  }

  function isThere(migration: Migration | undefined): boolean {
    if (migration === undefined) return discarded;
    if (migration.phase === 'rolled-back' && !options.qdrant.store.all.has(spec.target.collection)) return true;
    // What somebody switched by hand is never cancelled.
    const rests = migration.phase === 'observing' && (goal === 'observing' || goal === 'cancelled');
    return rests ? migration.lateWrites.length === 0 && options.qdrant.store.all.has(spec.target.collection) : migration.phase === goal;
  }

  function nextWord(migration: Migration | undefined): Word | null {
    if (migration === undefined) return lostWord();
    const { id, phase, error, lateWrites, rollback } = migration;
    if (error?.code === 'superseded')
      return told?.message.includes('`reembed discard') ? forgetWord(id) : adoptWord(told?.code === 'metadata-damaged');
    const word = (name: Command, words: CommandWords = {}): Word => ({ name, say: (on) => command(on.deps, id, name, words) });
    if (restless && random.chance(0.05) && (phase === 'copying' || phase === 'syncing' || phase === 'ready')) return word('pause');
    if (goal === 'cancelled' && phase === 'ready') return word('cancel');
    switch (phase) {
      case 'ready':
        if (setAside(id) > 0) return setAsideWord(id);
        if (told?.code === 'gate-not-passed') return random.chance(0.05) ? word('verify') : null;
        if (spec.target.inPlace) return isFilled(migration) && goal === 'completed' ? word('complete') : null;
        return migration.approval === null ? word('switch', { acceptLateWrites: options.acceptLateWrites }) : null;
      case 'paused':
        return word('resume');
      case 'failed':
        if (error?.code === 'metadata-damaged')
          return random.chance(0.5) ? adoptWord(true) : word('resume', { switch: migration.resumeTo === 'switching' });
        if (error?.code === 'target-live' && random.chance(0.5)) return word('switch', { madeByHand: true });
        if (error?.code === 'target-live') options.putAliasBack();
        // Of another, or gone: begin anew; or there is nothing left to begin with.
        if (error?.message.includes('`reembed cancel') || !options.qdrant.store.all.has(migration.resolved.source)) return word('cancel');
        if (setAside(id) > 0) return setAsideWord(id);
        return word('resume', {
          switch: migration.resumeTo === 'switching',
          ...(error?.code === 'deletes-need-approval' ? { allowDeletes: 1_000 } : {}),
        });
      case 'observing':
        if (migration.waiting?.reason.includes('metadata-damaged')) return adoptWord(true);
        if (lateWrites.some(({ kind }) => kind === 'missing') && random.chance(0.8)) return lateWord(id, 'insert-missing');
        if (lateWrites.length > 0) return lateWord(id, 'accept');
        if (goal === 'rolled-back' || !options.qdrant.store.all.has(spec.target.collection))
          return word('rollback', spec.observe.reverseSync && rollback === null ? {} : { loseWrites: rollback?.writes ?? 0 });
        if (goal !== 'completed') return null;
        if (damagedOther() !== null) return mendOtherWord();
        options.onComplete();
        return word('complete', { confirm: migration.resolved.source });
      case 'cancelled':
      // Rolled back because its target was gone, which a coordinator that slept has made once more.
      case 'rolled-back':
        return phase === goal ? null : lostWord();
      default:
        return null;
    }
  }

  /** Two rounds that found nothing to fill in, since everybody has been still. */
  function isFilled({ lag }: Migration): boolean {
    if (restless || lag === null || lag.differences > 0) return false;
    lagsSeen.add(lag.at);
    return lagsSeen.size > 2;
  }

  const lateWord = (id: string, act: 'insert-missing' | 'accept'): Word => ({
    name: `late writes: ${act}`,
    say: (on) => settleLateWrites(on.deps, id, act),
  });

  const adoptWord = (rebuild = false): Word => ({
    name: rebuild ? 'adopt --rebuild-metadata' : 'adopt',
    say: (on) => adoptTarget(on.deps, spec.target.collection, { takeOver: true, rebuildMetadata: rebuild }),
  });

  /** The collection of another migration whose metadata stands in the way, as a message says. */
  function damagedOther(): string | null {
    const named = /`reembed adopt (\S+) --rebuild-metadata`/.exec(told?.message ?? '')?.[1] ?? null;
    return named === spec.target.collection ? null : named;
  }

  const mendOtherWord = (): Word => ({
    name: 'adopt --rebuild-metadata, of the other',
    async say() {
      const [on, name] = [options.other(), damagedOther()];
      if (on !== null && name !== null) await adoptTarget(on.deps, name, { takeOver: true, rebuildMetadata: true });
    },
  });

  const discardWord = (): Word => ({
    name: 'discard',
    async say({ deps }) {
      const { collection } = spec.target;
      const id = readClaim(options.qdrant.store.all.get(collection)?.info.metadata)?.id;
      if (id !== undefined) await discard(deps, id, collection);
      discarded = true;
    },
  });

  /** Of one whose target is gone, or another's; or which was cancelled before Redis came back older, and has one. */
  const forgetWord = (id: string): Word => ({
    name: 'discard',
    async say({ deps }) {
      await discard(deps, id, spec.target.collection);
      discarded = true;
    },
  });

  const setAsideWord = (id: string): Word =>
    random.chance(0.5)
      ? { name: 'accept what is set aside', say: (on) => on.deps.setAside.accept(id, { all: true }) }
      : { name: 'try again what is set aside', say: (on) => on.deps.setAside.retry(id, { all: true }) };

  function setAside(id: string): number {
    const kept = options.qdrant.store.all.get(`reembed.${id}.set-aside`)?.points ?? [];
    return kept.filter(({ payload }) => payload.includes('"accepted":false')).length;
  }

  /** Nobody knows of it: it was never taken on, or Redis is empty. */
  function lostWord(): Word {
    if (told?.code === 'metadata-damaged') return adoptWord(true);
    if (told?.message.includes('was cancelled') || told?.message.includes('or which has ended')) return discardWord();
    return random.chance(0.3) ? adoptWord() : { name: 'submit', say: (on) => submit(on.deps, spec, { takeOver: true }) };
  }

  return {
    /** From now on nothing is said but what leads to the goal. */
    calm() {
      restless = false;
    },
    isThere,
  };
}
