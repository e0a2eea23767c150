/** A matrix that stays in the library's memory, to be multiplied by many others. */
export type HeldMatrix = {
  /** rows (n × k, row-major) · matrix (k × m), plus the offset where there is one: n × m. */
  multiply(rows: Float32Array): Float32Array;
  close(): void;
};

/** Products of f32 matrices, all row-major, by TensorFlow.js' WebAssembly kernels (XNNPACK, SIMD, one thread): about 25 GFLOP/s on a core of 2024. */
export type LinearAlgebra = {
  /** a (n × k) · b (k × m). */
  multiply(a: Float32Array, b: Float32Array, k: number): Float32Array;
  /** matrix: k × m; offset: m values added to every row. */
  hold(matrix: Float32Array, k: number, offset?: Float32Array): HeldMatrix;
};

let opened: Promise<LinearAlgebra> | undefined;

/** Loads the library and its kernels at the first call: most processes never multiply. */
export function openLinearAlgebra(): Promise<LinearAlgebra> {
  opened ??= import('./tensorflow-algebra.ts').then(({ openTensorflow }) => openTensorflow());
  return opened;
}
