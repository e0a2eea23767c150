import { createHash } from 'node:crypto';
import type { Witness } from '@reembed/contracts';
import type { VectorCache } from '../ports/vector-cache.ts';

/** Vectors of texts by one model as it showed itself. */
export type KnownVectors = {
  find(texts: readonly string[]): Promise<ReadonlyMap<string, Float32Array>>;
  keep(vectors: ReadonlyMap<string, Float32Array>): Promise<void>;
};

/**
 * Those of the model that gave this witness. Its vectors are part of every key: whatever changes behind the name of a model, or before its texts, is another
 * model and finds nothing. A migration and its workers share them; the next one has a witness of its own.
 */
export function createKnownVectors(cache: VectorCache, { model, dimensions, vectors }: Witness): KnownVectors {
  const identity = JSON.stringify([model, dimensions, vectors]);
  const keyOf = (text: string) =>
    createHash('sha256')
      .update(JSON.stringify([identity, text]))
      .digest('hex');
  return {
    async find(texts) {
      const found = await cache.find(texts.map(keyOf), dimensions);
      return new Map(texts.flatMap((text, at) => (found[at] ? [[text, found[at]] as const] : [])));
    },
    keep: (made) => cache.keep([...made].map(([text, vector]) => ({ key: keyOf(text), vector }))),
  };
}
