import type { Witness } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import { cosine, vectorFromBase64, vectorToBase64 } from '../domain/vector-base64.ts';
import { type EmbedContext, embedTexts } from './embed-texts.ts';
import { witnessTexts } from './witness-texts.ts';

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

/** Numbers of all a migration's witness vectors of one text: they stand in metadata, which everyone who asks for the collection is sent. */
const keptNumbers = 192;
/** With fewer, the noise of a provider's own numbers could look like another model. */
const fewestNumbers = 32;

/** What is kept of the witness of each of `vectors` models: the beginning of its vectors shows another model as well as the whole of them. */
export function shortWitness(witness: Witness, vectors: number): Witness {
  const kept = Math.max(fewestNumbers, Math.ceil(keptNumbers / vectors));
  return { ...witness, vectors: witness.vectors.map((text) => vectorToBase64(vectorFromBase64(text).slice(0, kept))) };
}

/** Throws `model-changed` where the model behind the name is no longer the one that gave `expected`. */
export function compareWitness(expected: Witness, found: Witness): void {
  const cosines = expected.vectors.map((text, at) => {
    const [before, now] = [vectorFromBase64(text), vectorFromBase64(found.vectors[at] ?? '')];
    const both = Math.min(before.length, now.length);
    return cosine(before.slice(0, both), now.slice(0, both));
  });
  const lowest = Math.min(...cosines);
  if (found.dimensions === expected.dimensions && lowest >= minWitnessCosine) return;
  throw new ReembedError(
    'model-changed',
    `${expected.model} is not the model this migration began with: its witness texts come back with ${found.dimensions} dimensions and cosine ${lowest.toFixed(6)} ` +
      `(began with ${expected.dimensions}; at least ${minWitnessCosine} is the same model). Point the worker at the same model and version, then resume; or cancel and migrate to the new one.`,
  );
}
