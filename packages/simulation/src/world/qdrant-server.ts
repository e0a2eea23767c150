import type { Collections, Points, PointText } from '@reembed/core';
import { createFakeCollections } from '@reembed/testkit/fakes/fake-collections';
import { createFakePoints } from '@reembed/testkit/fakes/fake-points';
import { createMemoryStore, type MemoryStore, putPoints, type StoredCollection } from '@reembed/testkit/fakes/memory-store';
import type { Random } from '../engine/random.ts';

/** Qdrant as a value: what is stored, and what was accepted and is not applied yet. */
export type QdrantServer = {
  readonly store: MemoryStore;
  readonly collections: Collections;
  readonly points: Points;
  /** A write that nobody waits for (`wait=false`): told yes, applied later, before anything that is waited for. */
  accept(collection: StoredCollection, apply: () => void): void;
  /** What a replica that lags may answer, from before a write. */
  keepVersion(collection: StoredCollection): void;
  /** Applies what was accepted. */
  drain(collection: StoredCollection): void;
  awayUntil: number;
};

export type QdrantOptions = {
  readonly now: () => number;
  readonly random: Random;
  /** Whether a read that asks no majority may be of a replica that is behind. */
  readonly replicasLag: boolean;
  /** Whether the server spells some floats otherwise than they were sent. */
  readonly floatsMove: boolean;
};

/** How far a replica is behind at most, in ms. */
const lagMs = 1_500;

const sent = '6.07e-10';
const spelled = '6.070000000000001e-10';

/** A payload as everyone means it, whatever the server made of its floats. */
export const asMeant = (payload: string) => payload.replaceAll(spelled, sent);

export function createQdrantServer({ now, random, replicasLag, floatsMove }: QdrantOptions): QdrantServer {
  const store = createMemoryStore();
  const accepted = new Map<StoredCollection, (() => void)[]>();
  const versions = new Map<StoredCollection, { readonly at: number; readonly points: PointText[] }[]>();
  const collections = createFakeCollections(store, {});
  const points = createFakePoints(store);
  const find = (name: string) => store.all.get(name) ?? store.all.get(store.aliases.get(name) ?? '');

  function drain(collection: StoredCollection): void {
    for (const apply of accepted.get(collection)?.splice(0) ?? []) apply();
  }

  function keepVersion(collection: StoredCollection): void {
    if (!replicasLag) return;
    const kept = (versions.get(collection) ?? []).filter(({ at }) => at > now() - lagMs);
    versions.set(collection, [...kept, { at: now(), points: collection.points }]);
  }

  /** A write that is waited for is applied after everything accepted before it. */
  function writing<Args extends [string, ...never[]], Answer>(write: (...args: Args) => Promise<Answer>) {
    return (...args: Args): Promise<Answer> => {
      const collection = find(args[0]);
      if (collection !== undefined) drain(collection);
      if (collection !== undefined) keepVersion(collection);
      const answer = write(...args);
      if (collection !== undefined && floatsMove) respell(collection);
      return answer;
    };
  }

  function respell(collection: StoredCollection): void {
    const moved = collection.points.filter(({ payload }) => payload.includes(sent));
    if (moved.length > 0 && collection.info.metadata.reembed !== undefined)
      putPoints(
        collection,
        moved.map((point) => ({ ...point, payload: point.payload.replaceAll(sent, spelled) })),
      );
  }

  function reading<Request extends { readonly majority?: boolean | undefined }, Answer>(
    read: (collection: string, request: Request) => Promise<Answer>,
  ) {
    return (name: string, request: Request): Promise<Answer> => {
      const collection = find(name);
      const behind = collection === undefined ? [] : (versions.get(collection) ?? []).filter(({ at }) => at > now() - lagMs);
      if (collection === undefined || request.majority === true || behind.length === 0 || random.chance(0.5)) return read(name, request);
      const current = collection.points;
      collection.points = random.pick(behind).points;
      const answer = read(name, request);
      collection.points = current;
      return answer;
    };
  }

  return {
    store,
    awayUntil: 0,
    keepVersion,
    drain,
    accept(collection, apply) {
      accepted.set(collection, [...(accepted.get(collection) ?? []), apply]);
    },
    collections: {
      ...collections,
      flush: writing(collections.flush),
      async indexing(name) {
        const state = await collections.indexing(name);
        const collection = find(name);
        return { ...state, updateQueueLength: collection === undefined ? 0 : (accepted.get(collection)?.length ?? 0) };
      },
    },
    points: {
      ...points,
      scroll: reading(points.scroll),
      retrieve: reading(points.retrieve),
      insertOnly: writing(points.insertOnly),
      updateOnly: writing(points.updateOnly),
      updateVectors: writing(points.updateVectors),
      removeVector: writing(points.removeVector),
      remove: writing(points.remove),
    },
  };
}

/** The collection that a name or an alias stands for, where there is one. */
export function resolve({ all, aliases }: MemoryStore, name: string): StoredCollection | undefined {
  return all.get(name) ?? all.get(aliases.get(name) ?? '');
}
