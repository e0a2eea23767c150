import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { fused, matMul, ready, setBackend, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import type { HeldMatrix, LinearAlgebra } from './linear-algebra.ts';

/** Throws where the kernels cannot be started. */
export async function openTensorflow(): Promise<LinearAlgebra> {
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
