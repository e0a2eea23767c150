/** The larger, the nearer. */
export type Similarity = (a: Float32Array, b: Float32Array) => number;

/** The order that a distance of Qdrant gives, as numbers that grow with nearness. */
export function similarityOf(distance: string): Similarity {
  if (distance === 'Cosine') return (a, b) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  if (distance === 'Euclid') return (a, b) => -total(a, b, (x) => x * x);
  if (distance === 'Manhattan') return (a, b) => -total(a, b, Math.abs);
  return dot;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function total(a: Float32Array, b: Float32Array, of: (difference: number) => number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += of((a[i] ?? 0) - (b[i] ?? 0));
  return sum;
}

/** The positions of the `limit` vectors nearest to the one at `query`, without itself; equal ones in their order. */
export function ranksOf(vectors: readonly Float32Array[], query: number, limit: number, similarity: Similarity): number[] {
  const asked = vectors[query] ?? new Float32Array();
  const scored = vectors.flatMap((vector, at) => (at === query ? [] : [{ at, score: similarity(asked, vector) }]));
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ at }) => at);
}
