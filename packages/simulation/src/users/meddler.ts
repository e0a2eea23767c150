import { readPhase, type Spec } from '@reembed/contracts';
import type { StoredCollection } from '@reembed/testkit/fakes/memory-store';
import { putPoints } from '@reembed/testkit/fakes/memory-store';
import type { Scheduler } from '../engine/scheduler.ts';
import type { QdrantServer } from '../world/qdrant-server.ts';
import type { WholeState } from '../world/whole-state.ts';
import type { Goal } from './operator.ts';
import { type Meddling, payloadOf, pointFor, startMoments } from './writes.ts';

export type MeddlerOptions = {
  readonly scheduler: Scheduler;
  readonly qdrant: QdrantServer;
  readonly redis: WholeState;
  readonly spec: Spec;
  readonly acts: readonly Meddling[];
  readonly goal: Goal;
  /** The alias was moved to a target, or (null) away from it. */
  readonly onAlias: (target: StoredCollection | null) => void;
  readonly onTargetGone: () => void;
  readonly onMadeAnew: () => void;
  readonly tell: (what: string) => void;
};

/** Somebody who changes Qdrant behind the fleet's back. */
export function startMeddler({ scheduler, qdrant, redis, spec, acts, goal, onAlias, onTargetGone, onMadeAnew, tell }: MeddlerOptions) {
  const { store, collections } = qdrant;
  const [source, target, alias] = [spec.source.collection, spec.target.collection, spec.target.alias ?? ''];
  const isBefore = () => [...redis.documents.values()].every(({ phase }) => beforeSwitch.has(phase));

  const doings: Readonly<Record<Meddling['kind'], () => void>> = {
    'switch by hand'() {
      const found = store.all.get(target);
      if (found === undefined || redis.documents.size === 0 || !isBefore() || store.aliases.get(alias) !== source) return;
      store.aliases.set(alias, target);
      onAlias(found);
      tell(`somebody points "${alias}" at "${target}"`);
    },
    'damage metadata'() {
      const found = store.all.get(target);
      if (found === undefined) return;
      void collections.patch(target, { metadata: { 'reembed.phase': null } });
      tell(`somebody damages the metadata of "${target}"`);
    },
    'make the old collection anew'() {
      if (!store.all.has(source)) makeAnew();
      else if (redis.documents.size > 0) scheduler.after(20, doings['make the old collection anew']);
    },
    'delete the target'() {
      const phase = [...redis.documents.values()][0]?.phase;
      const found = store.all.get(target);
      if (found === undefined || redis.documents.size === 0 || phase === 'cancelled') return;
      if (phase !== 'completing' && (phase !== 'observing' || goal === 'completed')) {
        scheduler.after(15, doings['delete the target']);
        return;
      }
      void collections.drop(target);
      onTargetGone();
      tell(`somebody deletes "${target}"`);
    },
  };

  function makeAnew(): void {
    void collections.create(source, { vectors: { size: 2, distance: 'Dot' } });
    const fresh = store.get(source);
    putPoints(fresh, [pointFor(fresh, '1', payloadOf('something new', false))]);
    onMadeAnew();
    tell(`somebody makes a new "${source}"`);
  }

  const began = startMoments(acts, (afterMs, { kind }) => scheduler.after(afterMs, doings[kind]));
  return {
    began,
    /** What the message about a live target says. */
    putAliasBack(): void {
      const said = readPhase(store.all.get(target)?.info.metadata)?.phase;
      // Redis may have come back older, and say so of what has switched by now: whoever looks at the target sees that.
      if (store.aliases.get(alias) !== target || (said !== undefined && afterSwitch.has(said))) return;
      store.aliases.set(alias, source);
      onAlias(null);
      tell(`a person points "${alias}" at "${source}" again`);
    },
  };
}

const beforeSwitch: ReadonlySet<string> = new Set(['copying', 'indexing', 'verifying', 'syncing', 'ready', 'paused', 'pausing']);
const afterSwitch: ReadonlySet<string> = new Set(['observing', 'inserting-late', 'completing', 'completed']);
