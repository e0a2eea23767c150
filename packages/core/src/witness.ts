import type { Witness } from '@reembed/contracts';
import { ReembedError } from './error.ts';
import { type EmbedContext, embedTexts } from './recipes/embed-texts.ts';

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
  const vectors = rows.map((row) => Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString('base64'));
  return { model: context.embedder.model, dimensions: rows[0]?.length ?? 0, vectors };
}

/** Throws `model-changed` where the model behind the name is no longer the one that gave `expected`. */
export function compareWitness(expected: Witness, found: Witness): void {
  const cosines = expected.vectors.map((vector, at) => cosine(decode(vector), decode(found.vectors[at] ?? '')));
  const lowest = Math.min(...cosines);
  if (found.dimensions === expected.dimensions && lowest >= minWitnessCosine) return;
  throw new ReembedError(
    'model-changed',
    `${expected.model} is not the model this migration began with: its witness texts come back with ${found.dimensions} dimensions and cosine ${lowest.toFixed(6)} ` +
      `(began with ${expected.dimensions}; at least ${minWitnessCosine} is the same model). Point the worker at the same model and version, then resume; or cancel and migrate to the new one.`,
  );
}

function decode(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

function cosine(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return 0;
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (const [i, x] of a.entries()) {
    const y = b[i] ?? 0;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}
