import type { Pooling } from '../records/model-fields.ts';

/** Texts of one run, filled up to the longest: ids and mask are texts × length, row-major. */
export type Batch = {
  readonly ids: BigInt64Array;
  readonly mask: BigInt64Array;
  readonly length: number;
  readonly lengths: readonly number[];
};

/** Padding stands behind the text, where the mask is 0. */
export function padTexts(texts: readonly (readonly number[])[], padId: number): Batch {
  const lengths = texts.map((ids) => ids.length);
  const length = Math.max(...lengths);
  const ids = new BigInt64Array(texts.length * length).fill(BigInt(padId));
  const mask = new BigInt64Array(texts.length * length);
  texts.forEach((text, row) => {
    text.forEach((id, at) => {
      ids[row * length + at] = BigInt(id);
    });
    mask.fill(1n, row * length, row * length + text.length);
  });
  return { ids, mask, length, lengths };
}

/**
 * One vector a text of one a token (texts × length × dimensions), as sentence-transformers' Pooling does it: the mean over the tokens that
 * are no padding, the first, or the last of them.
 */
export function poolTokens({ length, lengths }: Batch, vectors: Float32Array, pooling: Pooling): Float32Array {
  const dimensions = vectors.length / (length * lengths.length);
  const pooled = new Float32Array(lengths.length * dimensions);
  lengths.forEach((tokens, row) => {
    const [from, to] = { mean: [0, tokens], cls: [0, 1], 'last-token': [tokens - 1, tokens] }[pooling] as [number, number];
    const target = pooled.subarray(row * dimensions, (row + 1) * dimensions);
    for (let token = from; token < to; token += 1) addInto(target, vectors, (row * length + token) * dimensions, 1 / (to - from));
  });
  return pooled;
}

function addInto(target: Float32Array, vectors: Float32Array, start: number, weight: number): void {
  for (let at = 0; at < target.length; at += 1) target[at] = (target[at] ?? 0) + (vectors[start + at] ?? 0) * weight;
}
