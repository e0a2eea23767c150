import type { Spec } from '@reembed/contracts';
import type { Migration, PointText } from '@reembed/core';
import type { StoredCollection } from '@reembed/testkit/fakes/memory-store';
import type { Call } from '../engine/calls.ts';
import type { Write } from '../users/application.ts';
import { type QdrantServer, type RedisServer, resolve } from '../world/servers.ts';
import { byText, changedIds, isBroughtAlong } from './compare.ts';

/** A promise that was broken, in words. */
export type Violation = { readonly rule: string; readonly what: string };

export type ChecksOptions = {
  readonly qdrant: QdrantServer;
  readonly redis: RedisServer;
  readonly spec: Spec;
  readonly report: (violation: Violation) => void;
};

const writes = new Set(['insertOnly', 'updateOnly', 'updateVectors', 'removeVector', 'remove']);
const changes = new Set([...writes, 'create', 'drop', 'pointAlias', 'dropAlias', 'dropVector', 'addVector']);

/** The reference model: what each write must have become, and the rules that hold after every effect. */
export function createChecks({ qdrant, redis, spec, report }: ChecksOptions) {
  const { store } = qdrant;
  const { alias, collection: targetName } = spec.target;
  const sourceName = spec.source.collection;
  const source = store.all.get(sourceName);
  if (alias === null || source === undefined) throw new Error('the world has to have a source with an alias');
  /** The target since the alias was moved to it; null before, and once it was taken back. */
  let live: StoredCollection | null = null;
  /** What the source had when it was last seen: it may be deleted. */
  let lastOfSource: readonly PointText[] = source.points;
  const owed = new Set<string>();
  const exempt = new Set<string>();
  const changedLive = new Set<string>();
  const deletedLive = new Set<string>();
  const listed = new Set<string>();
  const documents = new Map<string, Migration>();

  /** The old vectors stay beside the new ones, which are filled in after the switch, too. */
  const fills = Object.values(spec.vectors).some(({ keep }) => keep !== undefined);
  const isFilled = (before: PointText | undefined, after: PointText | undefined) =>
    before !== undefined && after?.payload === before.payload && after.vectors[''] === before.vectors[''];
  const isOwnAlias = (name: string) => name.startsWith('reembed.') || name.endsWith('.next');
  const differs = (id: string, target: StoredCollection) =>
    !isBroughtAlong(spec, byText(lastOfSource).get(id), byText(target.points).get(id));

  /** The alias was pointed at the target: what both sides differ by now came late. */
  function hasSwitched(target: StoredCollection): void {
    if (live === target) return;
    live = target;
    for (const kept of [owed, exempt, changedLive, deletedLive]) kept.clear();
    const ids = new Set([...byText(lastOfSource).keys(), ...byText(target.points).keys()]);
    for (const id of ids) if (differs(id, target)) owed.add(id);
    if (owed.size > 0 && spec.switch.freeze.url !== null)
      report({ rule: 'with writers held nothing comes late', what: `${[...owed].join(', ')} differ when the alias moves` });
  }

  function afterEffect(call: Call, before: readonly PointText[], on: StoredCollection | undefined): void {
    const behind = store.aliases.get(alias ?? '');
    if (behind === undefined || !store.all.has(behind)) report({ rule: 'the alias is never absent', what: `after ${call.method}` });
    if (call.method === 'pointAlias' && call.args[0] === alias) {
      const target = store.all.get(String(call.args[1]));
      if (target !== undefined && call.args[1] === targetName) hasSwitched(target);
      else live = null;
    }
    if (on === undefined || !writes.has(call.method)) return;
    const changed = changedIds(before, on.points);
    if (changed.length === 0) return;
    if (on === source) report({ rule: 'the source is not written', what: `${call.process.name} changes ${changed.join(', ')}` });
    const isLive = [...store.aliases].some(([name, to]) => !isOwnAlias(name) && store.all.get(to) === on);
    if (isLive && on === live) checkLiveWrite(call, before, on, changed);
  }

  /** Into the live target goes nothing but late writes that are missing, and new vectors where the old ones are kept beside them. */
  function checkLiveWrite(call: Call, before: readonly PointText[], on: StoredCollection, changed: readonly string[]): void {
    const [old, now] = [byText(before), byText(on.points)];
    if (
      fills &&
      (call.method === 'updateVectors' || call.method === 'removeVector') &&
      changed.every((id) => isFilled(old.get(id), now.get(id)))
    )
      return;
    const inserts = call.method === 'insertOnly' && [...documents.values()].some(({ phase }) => phase === 'inserting-late');
    const stray = changed.filter((id) => !inserts || !listed.has(id));
    if (stray.length > 0)
      report({ rule: 'a live target is not written by sync', what: `${call.process.name} ${call.method} changes ${stray.join(', ')}` });
    const back = changed.filter((id) => inserts && deletedLive.has(id));
    if (back.length > 0) report({ rule: 'deletes are never undone', what: `${call.process.name} brings ${back.join(', ')} back` });
  }

  function onDocuments(): void {
    for (const [id, now] of redis.documents) {
      const before = documents.get(id);
      if (before === now) continue;
      documents.set(id, now);
      for (const { ids } of now.lateWrites) for (const late of ids) listed.add(late.id);
      if (now.phase === 'observing' && before?.phase !== 'observing') checkLate(now);
    }
  }

  /** What came late is equal by now, or listed, or was changed in the live target since. */
  function checkLate({ phase }: Migration): void {
    if (live === null) return;
    const lost = [...owed].filter(
      (id) => !listed.has(id) && !changedLive.has(id) && !exempt.has(id) && differs(id, live as StoredCollection),
    );
    if (lost.length > 0) report({ rule: 'late writes are listed', what: `${lost.join(', ')} are not, at ${phase}` });
  }

  return {
    /** Carries an effect out and looks at what it has done. */
    effect(call: Call, run: () => Promise<unknown>): Promise<unknown> {
      if (call.server === 'redis') {
        const answer = run();
        onDocuments();
        return answer;
      }
      if (call.server !== 'qdrant' || !changes.has(call.method)) return run();
      const on = resolve(store, String(call.args[0]));
      const before = on?.points ?? [];
      const answer = run();
      afterEffect(call, before, on);
      return answer;
    },
    onWrite({ id, kind, to }: Write, on: StoredCollection): void {
      if (on === source) {
        lastOfSource = source.points;
        if (live !== null) (to === sourceName ? exempt : owed).add(id);
      }
      if (on !== live) return;
      changedLive.add(id);
      if (kind === 'delete') deletedLive.add(id);
      else deletedLive.delete(id);
    },
    /** When everything has come to rest. */
    atRest(migration: Migration): void {
      const fences = [...store.aliases.keys()].filter((name) => name.startsWith('reembed.'));
      const goesOn = fills && migration.phase === 'observing';
      if (goesOn ? fences.length > 1 : fences.length > 0) report({ rule: 'no fence stands at rest', what: fences.join(', ') });
      if (store.aliases.has(`${alias}.next`)) report({ rule: 'no fence stands at rest', what: `${alias}.next stands` });
      const behind = store.aliases.get(alias);
      const switched = migration.phase === 'observing' || migration.phase === 'completed';
      if (behind !== (switched ? targetName : sourceName))
        report({ rule: 'the alias points where the phase says', what: `${alias} points at ${behind} while ${migration.phase}` });
      if (switched) checkLate(migration);
      if (migration.phase === 'completed' && store.all.has(sourceName))
        report({ rule: 'complete deletes the old collection', what: `${sourceName} is still there` });
    },
  };
}

export type Checks = ReturnType<typeof createChecks>;
