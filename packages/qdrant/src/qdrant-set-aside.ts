import { type Failure, failureSchema, type PointId } from '@reembed/contracts';
import {
  allPages,
  type Collections,
  type EntryChoice,
  type Points,
  type PointText,
  parsePointId,
  pointIdToJson,
  type SetAside,
  type SetAsideEntry,
} from '@reembed/core';
import { atMajority, ensureCollection } from './own-points.ts';
import { orAbsent } from './translate-qdrant-error.ts';

/** Collection that keeps what is set aside of a migration: one point an entry, under the same id, without vectors. */
export function setAsideCollection(migrationId: string): string {
  return `reembed.${migrationId}.set-aside`;
}

/** Entries read or written in one request. */
const batch = 500;

/**
 * Points set aside, in a collection of their own beside the target: it is made with the first entry (where it is not there, nothing is set
 * aside), outlives Redis, holds as many as there are, and goes when the migration is completed or cancelled.
 */
export function createQdrantSetAside({ collections, points }: { readonly collections: Collections; readonly points: Points }): SetAside {
  async function write(id: string, failures: readonly Failure[]): Promise<void> {
    const texts = failures.map(toPoint);
    for (let from = 0; from < texts.length; from += batch) {
      const some = texts.slice(from, from + batch);
      await points.insertOnly(setAsideCollection(id), some);
      await points.updateOnly(setAsideCollection(id), some);
    }
  }

  async function* chosen(id: string, choice: EntryChoice): AsyncGenerator<readonly Failure[]> {
    if ('ids' in choice) {
      for (let from = 0; from < choice.ids.length; from += batch) yield await among(id, choice.ids.slice(from, from + batch));
      return;
    }
    for await (const { entries } of allPages((cursor: string | null) => readPage(id, cursor, batch)))
      yield 'code' in choice ? entries.filter(({ code }) => code === choice.code) : entries;
  }

  async function readPage(id: string, cursor: string | null, limit: number) {
    const offset = cursor === null ? null : parsePointId(cursor);
    const request = { offset, limit, payload: true, vectors: [], ...atMajority };
    const page = await orAbsent(points.scroll(setAsideCollection(id), request), { points: [], next: null });
    return { entries: page.points.map(toFailure), next: page.next?.id ?? null };
  }

  async function among(id: string, ids: readonly PointId[]): Promise<readonly Failure[]> {
    const found = await orAbsent(points.retrieve(setAsideCollection(id), { ids, payload: true, vectors: [], ...atMajority }), []);
    return found.map(toFailure);
  }

  async function knownHashes(id: string, entries: readonly SetAsideEntry[]): Promise<ReadonlyMap<string, string>> {
    const known = await among(
      id,
      entries.map((entry) => entry.id),
    );
    return new Map(known.map((failure) => [pointIdToJson(failure.id), failure.payloadHash]));
  }

  return {
    async put(id, entries) {
      if (entries.length === 0) return;
      await ensureCollection(collections, setAsideCollection(id));
      const known = await knownHashes(id, entries);
      const fresh = entries.filter((entry) => known.get(pointIdToJson(entry.id)) !== entry.payloadHash);
      await write(
        id,
        fresh.map((entry) => ({ ...entry, accepted: false })),
      );
    },
    async remove(id, ids) {
      if (ids.length > 0) await orAbsent(points.remove(setAsideCollection(id), ids), undefined);
    },
    async count(id) {
      const name = setAsideCollection(id);
      const all = await orAbsent(collections.count(name, undefined, atMajority), 0);
      if (all === 0) return { open: 0, accepted: 0 };
      const filter = { must: [{ key: 'accepted', match: { value: true } }] };
      const accepted = await orAbsent(collections.count(name, filter, atMajority), 0);
      return { open: all - accepted, accepted };
    },
    page: readPage,
    among,
    async accept(id, choice) {
      for await (const failures of chosen(id, choice)) {
        await write(
          id,
          failures.map((failure) => ({ ...failure, accepted: true })),
        );
      }
    },
    async retry(id, choice) {
      for await (const failures of chosen(id, choice)) {
        const ids = failures.map((failure) => failure.id);
        await orAbsent(points.remove(setAsideCollection(id), ids), undefined);
      }
    },
    clear: (id) => collections.drop(setAsideCollection(id)),
  };
}

function toPoint({ id, ...entry }: Failure): PointText {
  return { id, payload: JSON.stringify(entry), vectors: {} };
}

function toFailure({ id, payload }: PointText): Failure {
  return failureSchema.parse({ ...(JSON.parse(payload) as object), id });
}
