import type { Shaped } from './shaped-vector.ts';

/** Fewer than are kept of the witness of one of many models, so that all of them are. */
const wordBuckets = 32;

/**
 * A vector of any shape as a direction of one size, by which models are told apart. Words are summed by the remainder of their index, apart from the
 * first number, which alone stands for a text without any; rows are summed. A word or a row more, a weight or a number that is another: each turns it.
 * Dimensions: of words `wordBuckets`, of rows `size`.
 */
export function witnessVector(vector: Float32Array, { shape, size }: Shaped): Float32Array {
  if (shape === 'dense') return vector;
  return shape === 'words' ? sumOfWords(vector) : sumOfRows(vector, size);
}

function sumOfWords(vector: Float32Array): Float32Array {
  const sums = new Float32Array(wordBuckets);
  if (vector.length === 0) sums[0] = 1;
  for (let at = 0; at < vector.length; at += 2) {
    const bucket = 1 + ((vector[at] ?? 0) % (wordBuckets - 1));
    sums[bucket] = (sums[bucket] ?? 0) + (vector[at + 1] ?? 0);
  }
  return sums;
}

function sumOfRows(vector: Float32Array, size: number): Float32Array {
  const sums = new Float32Array(size);
  for (const [at, value] of vector.entries()) sums[at % size] = (sums[at % size] ?? 0) + value;
  return sums;
}
