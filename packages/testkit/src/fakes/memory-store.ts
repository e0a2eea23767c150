import type { PointId } from '@reembed/contracts';
import { type CollectionInfo, comparePointIds, type PointText, ReembedError } from '@reembed/core';
import { fakeVector } from './fake-models.ts';

export type StoredCollection = { info: CollectionInfo; points: PointText[] };

/** Collections and aliases by their names, and every act that changed something. */
export type MemoryStore = {
  readonly all: Map<string, StoredCollection>;
  readonly aliases: Map<string, string>;
  readonly acts: string[];
  /** By its own name or an alias. Throws `qdrant-not-found`. */
  get(name: string): StoredCollection;
  act(...words: readonly string[]): void;
};

export function createMemoryStore(): MemoryStore {
  const all = new Map<string, StoredCollection>();
  const aliases = new Map<string, string>();
  const acts: string[] = [];
  return {
    all,
    aliases,
    acts,
    get(name) {
      const found = all.get(name) ?? all.get(aliases.get(name) ?? '');
      if (found === undefined) throw new ReembedError('qdrant-not-found', `Collection \`${name}\` doesn't exist!`);
      return found;
    },
    act: (...words) => void acts.push(words.join(' ')),
  };
}

/** Writes points over those of the same ids, in scroll order. */
export function putPoints(collection: StoredCollection, fresh: readonly PointText[]): void {
  const kept = collection.points.filter(({ id }) => !fresh.some((point) => comparePointIds(point.id, id) === 0));
  collection.points = [...kept, ...fresh.map(withEmbedded)].sort((a, b) => comparePointIds(a.id, b.id));
}

export function dropPoints(collection: StoredCollection, ids: readonly PointId[]): void {
  collection.points = collection.points.filter(({ id }) => !ids.some((gone) => comparePointIds(gone, id) === 0));
}

export function withoutVector(point: PointText, vector: string): PointText {
  const { [vector]: _gone, ...vectors } = point.vectors;
  return { ...point, vectors };
}

/** What inference of a server does: a document becomes the vector of its text; by a SPLADE a sparse one, by a ColBERT rows. */
function embedded(text: string): string {
  if (!text.startsWith('{"text":')) return text;
  const document = JSON.parse(text) as { text: string; model: string };
  const vector = fakeVector(document.text);
  if (/splade/.test(document.model)) return JSON.stringify({ indices: [...vector.keys()], values: [...vector] });
  return JSON.stringify(/colbert/.test(document.model) ? [vector, vector] : vector);
}

function withEmbedded(point: PointText): PointText {
  return { ...point, vectors: Object.fromEntries(Object.entries(point.vectors).map(([name, text]) => [name, embedded(text)])) };
}
