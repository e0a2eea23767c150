import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { fused, matMul, ready, setBackend, tensor1d, tensor2d } from '@tensorflow/tfjs-core';

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

/** Loads the kernels at the first call. */
export function openLinearAlgebra(): Promise<LinearAlgebra> {
  opened ??= open();
  return opened;
}

async function open(): Promise<LinearAlgebra> {
  setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  setThreadsCount(1);
  if (!(await setBackend('wasm'))) throw new Error('the WebAssembly kernels of TensorFlow.js could not be started');
  await ready();
  return { multiply, hold };
}

function multiply(a: Float32Array, b: Float32Array, k: number): Float32Array {
  const right = hold(b, k);
  try {
    return right.multiply(a);
  } finally {
    right.close();
  }
}

function hold(matrix: Float32Array, k: number, offset?: Float32Array): HeldMatrix {
  const b = tensor2d(matrix, [k, matrix.length / k]);
  const bias = offset === undefined ? undefined : tensor1d(offset);
  return {
    multiply(rows) {
      const a = tensor2d(rows, [rows.length / k, k]);
      // Transposing arguments would take the library's slow road, and what is not disposed of stays in its memory for good.
      const product = bias === undefined ? matMul(a, b) : fused.matMul({ a, b, bias });
      const values = product.dataSync<'float32'>();
      product.dispose();
      a.dispose();
      return values;
    },
    close() {
      b.dispose();
      bias?.dispose();
    },
  };
}
