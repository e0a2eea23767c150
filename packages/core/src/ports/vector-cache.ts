/**
 * Vectors of texts that were embedded before, of all workers of a fleet and as many as there is room for. `key`: 64 hexadecimal digits that say all that a
 * vector hangs on; no text is ever in it. It saves money and holds no truth: whatever is lost, or does not answer, is made again, and neither call throws.
 */
export type VectorCache = {
  /** In the order of `keys`; null where it is not there. `dimensions`: of each. */
  find(keys: readonly string[], dimensions: number): Promise<readonly (Float32Array | null)[]>;
  keep(vectors: readonly { readonly key: string; readonly vector: Float32Array }[]): Promise<void>;
};
