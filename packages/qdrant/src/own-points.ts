import { createHash } from 'node:crypto';
import type { PointId } from '@reembed/contracts';
import { type Collections, isReembedError } from '@reembed/core';

/** Makes a collection of points without vectors where it is not there. */
export async function ensureCollection(collections: Collections, name: string): Promise<void> {
  if ((await collections.describe(name)) !== null) return;
  try {
    await collections.create(name, { vectors: {}, shard_number: 1 });
  } catch (error) {
    // Another process was quicker.
    if (!isReembedError(error, 'qdrant-conflict')) throw error;
  }
}

/** Acts go by what these collections hold: it is read at a majority of replicas, where a server makes more than one. */
export const atMajority = { majority: true } as const;

/** The id of a point that is found by words: the same for the same words. */
export function idOfWords(...words: readonly string[]): PointId {
  const hex = createHash('sha256').update(JSON.stringify(words)).digest('hex');
  const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
  return { kind: 'uuid', id };
}
