import { cosine } from '../domain/vector-base64.ts';
import type { Shaped } from './shaped-vector.ts';

type Words = { readonly indices: readonly number[]; readonly values: readonly number[] };

/**
 * The cosine of a vector that a model gives and one that is stored as JSON, whatever their shape: of words over all words of either, 1 where neither
 * has any; of rows the mean over the rows in their order, 0 where one has more of them. `rounded`: what the stored numbers' datatype makes of one.
 */
export function likeness(made: Float32Array, stored: string, { shape, size }: Shaped, rounded: (value: number) => number): number {
  const vector: unknown = JSON.parse(stored);
  // The index of a sparse vector has a datatype, what is read back has none.
  if (shape === 'words') return likeWords(made, vector as Words);
  const kept = made.map(rounded);
  // A dense vector may be kept as one row.
  return shape === 'dense' ? cosine(kept, Float32Array.from((vector as number[]).flat())) : likeRows(kept, vector as number[][], size);
}

function likeWords(made: Float32Array, { indices, values }: Words): number {
  if (made.length === 0 && indices.length === 0) return 1;
  const weights = new Map<number, number>();
  for (let at = 0; at < made.length; at += 2) weights.set(made[at] ?? 0, made[at + 1] ?? 0);
  const both = [...new Set([...weights.keys(), ...indices])];
  const stored = new Map(indices.map((index, at) => [index, values[at] ?? 0]));
  const over = (side: ReadonlyMap<number, number>) => Float32Array.from(both, (index) => side.get(index) ?? 0);
  return cosine(over(weights), over(stored));
}

function likeRows(made: Float32Array, stored: readonly (readonly number[])[], size: number): number {
  if (stored.length === 0 || made.length !== stored.length * size) return 0;
  const each = stored.map((row, at) => cosine(made.subarray(at * size, (at + 1) * size), Float32Array.from(row)));
  return each.reduce((sum, one) => sum + one, 0) / each.length;
}
