import { isDeepStrictEqual } from 'node:util';
import type { Spec } from '@reembed/contracts';
import type { PointText } from '@reembed/core';
import { fakeVector } from '@reembed/testkit/fakes/fake-models';
import type { StoredCollection } from '@reembed/testkit/fakes/memory-store';
import { requestTimeoutMs } from '../scenario.ts';
import { ownVector, type Write } from '../users/writes.ts';
import { asMeant } from '../world/qdrant-server.ts';

export function byText(points: readonly PointText[]): ReadonlyMap<string, PointText> {
  return new Map(points.map((point) => [point.id.id, point]));
}

/** Ids of points that an effect has changed; how the server spells a float is no change. */
export function changedIds(before: readonly PointText[], after: readonly PointText[]): string[] {
  if (before === after) return [];
  const [old, fresh] = [byText(before), byText(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])].filter((id) => !isSame(old.get(id), fresh.get(id)));
}

function isSame(a: PointText | undefined, b: PointText | undefined): boolean {
  if (a === b || a === undefined || b === undefined) return a === b;
  return asMeant(a.payload) === asMeant(b.payload) && isDeepStrictEqual(a.vectors, b.vectors);
}

/** The reference model: what the source last had, what is owed to the target since the alias moved, and what applications did since. */
export function createLedger(spec: Spec, source: StoredCollection) {
  let lastOfSource: readonly PointText[] = source.points;
  let live: StoredCollection | null = null;
  let byHand: number | null = null;
  /** Redis still has the comparison that the switch went by. */
  let exact = true;
  let lostAt = Number.NEGATIVE_INFINITY;
  let whenBack: readonly string[] = [];
  /** Of those the ones that the live target alone had, and what that was. */
  let onlyLive: ReadonlySet<string> = new Set();
  let left: StoredCollection | null = null;
  const owed = new Set<string>();
  const excused = new Set<string>();
  const changedLive = new Set<string>();
  const deletedLive = new Set<string>();
  /** Of those written to in the live target, the ones that were not there: a delete, or an edit, of nothing leaves no trace. */
  const traceless = new Set<string>();
  /** Set aside before the switch, so in the old collection alone; with when an application wrote them to the live target. Gone once a pass may have seen that. */
  const onlyOld = new Map<string, number>();
  let passedAt = Number.NEGATIVE_INFINITY;
  const listed = new Set<string>();
  let open: readonly string[] = [];

  const differs = (id: string, target: StoredCollection) => {
    const [there, here] = [byText(lastOfSource).get(id), byText(target.points).get(id)];
    if (there === undefined || here === undefined) return there !== here;
    return !isBroughtAlong(spec, there, here);
  };
  const differing = (target: StoredCollection) =>
    [...new Set([...byText(lastOfSource).keys(), ...byText(target.points).keys()])].filter((id) => differs(id, target) && !isRefused(id));
  const embeds = Object.values(spec.vectors).some(({ embed }) => embed !== undefined);
  /** Nothing can be made of its text: it is set aside. Where no text is embedded none is refused. */
  const isRefused = (id: string) => embeds && byText(lastOfSource).get(id)?.payload.includes('REFUSED') === true;

  /** What applications wrote to the live target and the old collection has not: what a rollback would lose where that is kept fresh. */
  const notBrought = (target: StoredCollection) =>
    [...changedLive].filter((id) => {
      if (traceless.has(id) || (onlyOld.has(id) && !byText(target.points).has(id))) return false;
      const [there, here] = [byText(source.points).get(id), byText(target.points).get(id)];
      if (there === undefined || here === undefined) return there !== here && !excused.has(id);
      return !excused.has(id) && (asMeant(there.payload) !== asMeant(here.payload) || there.vectors[''] !== here.vectors['']);
    });

  /** A point that a pass has found on both sides is as any other: that it goes is brought along. */
  const noteStay = (id: string, kind: Write['kind'], at: number) => {
    const cameAt = onlyOld.get(id);
    if (cameAt === undefined) return;
    if (kind === 'delete' && passedAt >= cameAt && passedAt < at - requestTimeoutMs) onlyOld.delete(id);
    else if (kind === 'delete') onlyOld.set(id, Number.POSITIVE_INFINITY);
    else if (kind === 'upsert') onlyOld.set(id, Math.min(cameAt, at));
  };

  return {
    live: () => live,
    /** When somebody moved the alias to the target by hand; null where that was the migration. */
    byHand: () => byHand,
    /**
     * The alias was pointed at the target, after a comparison of the moment `comparedAt`, or by hand at `handAt`; answers what both sides differ
     * by.
     */
    switched(target: StoredCollection, comparedAt: number, handAt: number | null = null): string[] {
      live = target;
      byHand = handAt;
      exact = lostAt < comparedAt;
      for (const kept of [owed, excused, changedLive, deletedLive, traceless, onlyOld]) kept.clear();
      for (const id of differing(target)) owed.add(id);
      const there = byText(target.points);
      for (const id of byText(lastOfSource).keys()) if (isRefused(id) && !there.has(id)) onlyOld.set(id, Number.POSITIVE_INFINITY);
      return [...owed];
    },
    switchedBack(): void {
      whenBack = live === null ? [] : spec.observe.reverseSync ? notBrought(live) : differing(live);
      left = live;
      const there = byText(source.points);
      onlyLive = new Set(whenBack.filter((id) => !there.has(id)));
      live = null;
      byHand = null;
    },
    differWhenBack: () => whenBack,
    /**
     * The same without points of the live target alone that are gone from it by now: a delete with `wait=false` was accepted there before the
     * alias went back, and carried out after. The old collection never had them, so nothing is lost.
     */
    lostWhenBack: () => whenBack.filter((id) => !onlyLive.has(id) || left === null || byText(left.points).has(id)),
    /** `wasThere`: a delete of what is not there leaves no trace, so that nobody can tell it from none. */
    written({ id, kind, to }: Write, on: StoredCollection, wasThere: boolean, at: number): void {
      if (on === source) {
        lastOfSource = source.points;
        // By its own name, or by that of another, nobody is to write there any more.
        if (live !== null) (to === spec.target.alias ? owed : excused).add(id);
      }
      if (on !== live) return;
      if (wasThere || kind === 'upsert') traceless.delete(id);
      else if (!changedLive.has(id)) traceless.add(id);
      changedLive.add(id);
      noteStay(id, kind, at);
      if (kind !== 'delete') deletedLive.delete(id);
      else if (wasThere) deletedLive.add(id);
    },
    excuse(ids: readonly string[]): void {
      for (const id of ids) excused.add(id);
    },
    list(ids: readonly string[]): void {
      for (const id of ids) listed.add(id);
    },
    isListed: (id: string) => listed.has(id),
    /** The late writes that are listed, and not dealt with. */
    open(ids: readonly string[]): void {
      open = ids;
    },
    openLate: () => open,
    /** A range of reverse sync has ended. */
    passedBack(at: number): void {
      passedAt = at;
    },
    /** Reverse sync has written to the old collection. */
    followedBack(): void {
      lastOfSource = source.points;
    },
    /**
     * Where Redis was lost between the comparison and the look back, or the old collection was written to after the comparison, a delete cannot
     * be told from what came late.
     */
    isDeleted: (id: string) => exact && byHand === null && deletedLive.has(id) && !owed.has(id) && !excused.has(id),
    redisLost(at: number): void {
      lostAt = at;
      exact = false;
    },
    /** Owed, and neither brought along nor listed nor changed in the live target since. */
    lost(): string[] {
      const target = live;
      if (target === null) return [];
      return [...owed].filter((id) => !listed.has(id) && !changedLive.has(id) && !excused.has(id) && !isRefused(id) && differs(id, target));
    },
    isStillMissing(id: string): boolean {
      if (live === null || changedLive.has(id) || excused.has(id)) return false;
      return byText(lastOfSource).has(id) && !byText(live.points).has(id);
    },
  };
}

/** Whether the target has what the source's point is to be. Vectors that an application brought are its own affair. */
function isBroughtAlong({ vectors }: Spec, source: PointText, target: PointText): boolean {
  const { body } = JSON.parse(source.payload) as { body: string };
  const sameVectors = Object.entries(vectors).every(([name, recipe]) => {
    const kept = recipe.keep === undefined ? undefined : source.vectors[recipe.keep];
    const stored = target.vectors[name];
    return stored === ownVector || stored === (kept ?? JSON.stringify([...Float32Array.from(fakeVector(body))]));
  });
  return sameVectors && asMeant(source.payload) === asMeant(target.payload);
}
