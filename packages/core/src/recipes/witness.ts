import type { Witness } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import { cosine, vectorFromBase64, vectorToBase64 } from '../domain/vector-base64.ts';
import { type EmbedContext, embedTexts } from './embed-texts.ts';

/** Fixed texts whose embeddings are kept with a migration: the same model gives the same vectors for them. Never change one. */
export const witnessTexts = [
  'The quick brown fox jumps over the lazy dog.',
  'Water boils at 100 degrees Celsius at sea level, and at a lower temperature on a mountain.',
  'Die Straßenbahn fährt heute wegen einer Baustelle eine andere Strecke.',
] as const;

/** Two models agree when every pair of witness vectors has at least this cosine. */
export const minWitnessCosine = 0.9999;

/** Embeds the witness texts. Throws what embedTexts throws, and what the provider says where it refuses one of them. */
export async function takeWitness(context: EmbedContext): Promise<Witness> {
  const { embedded } = await embedTexts(context, witnessTexts);
  const rows = embedded.map((item) => {
    if ('refused' in item) throw item.refused;
    return item.vector;
  });
  return { model: context.embedder.model, dimensions: rows[0]?.length ?? 0, vectors: rows.map(vectorToBase64) };
}

/** Throws `model-changed` where the model behind the name is no longer the one that gave `expected`. */
export function compareWitness(expected: Witness, found: Witness): void {
  const cosines = expected.vectors.map((vector, at) => cosine(vectorFromBase64(vector), vectorFromBase64(found.vectors[at] ?? '')));
  const lowest = Math.min(...cosines);
  if (found.dimensions === expected.dimensions && lowest >= minWitnessCosine) return;
  throw new ReembedError(
    'model-changed',
    `${expected.model} is not the model this migration began with: its witness texts come back with ${found.dimensions} dimensions and cosine ${lowest.toFixed(6)} ` +
      `(began with ${expected.dimensions}; at least ${minWitnessCosine} is the same model). Point the worker at the same model and version, then resume; or cancel and migrate to the new one.`,
  );
}
