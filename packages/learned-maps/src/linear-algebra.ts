import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { ReembedError } from '@reembed/core';

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

/** Loads the library and its kernels at the first call: most processes never multiply. Throws where the kernels cannot be started. */
export function openLinearAlgebra(): Promise<LinearAlgebra> {
  opened ??= openTensorflow();
  return opened;
}

async function openTensorflow(): Promise<LinearAlgebra> {
  const [wasm, tensorflow] = await Promise.all([import('@tensorflow/tfjs-backend-wasm'), import('@tensorflow/tfjs-core')]).catch(
    notInstalled,
  );
  wasm.setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  wasm.setThreadsCount(1);
  if (!(await tensorflow.setBackend('wasm'))) throw new Error('the WebAssembly kernels of TensorFlow.js could not be started');
  await tensorflow.ready();
  return algebraOf(tensorflow);
}

function notInstalled(cause: unknown): never {
  const what = 'learned maps are computed by optional packages, which are not installed here';
  throw new ReembedError('model-missing', `${what}: install reembed again without --omit=optional`, { cause });
}

function algebraOf({ fused, matMul, tensor1d, tensor2d }: typeof import('@tensorflow/tfjs-core')): LinearAlgebra {
  function hold(matrix: Float32Array, k: number, offset?: Float32Array): HeldMatrix {
    const b = tensor2d(matrix, [k, matrix.length / k]);
    const bias = offset === undefined ? undefined : tensor1d(offset);
    return {
      multiply(rows) {
        const a = tensor2d(rows, [rows.length / k, k]);
        // Transposing arguments takes the library's slow way, and what is not disposed of stays in its memory for good.
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

  return {
    hold,
    multiply(a, b, k) {
      const right = hold(b, k);
      try {
        return right.multiply(a);
      } finally {
        right.close();
      }
    },
  };
}

/** Rows side by side in one array: n × size to size × n. */
export function transpose(rows: Float32Array, size: number): Float32Array {
  const n = rows.length / size;
  const columns = new Float32Array(rows.length);
  for (let row = 0; row < n; row += 1) {
    for (let column = 0; column < size; column += 1) columns[column * n + row] = rows[row * size + column] ?? 0;
  }
  return columns;
}

/** Brings each row to length 1, in place; a row of zeros stays one. */
export function normaliseRows(rows: Float32Array, size: number): Float32Array {
  for (let start = 0; start < rows.length; start += size) {
    const factor = 1 / (Math.sqrt(squaredLength(rows, start, size)) || 1);
    for (let at = start; at < start + size; at += 1) rows[at] = (rows[at] ?? 0) * factor;
  }
  return rows;
}

export function squaredLength(rows: Float32Array, start: number, size: number): number {
  let sum = 0;
  for (let at = start; at < start + size; at += 1) {
    const value = rows[at] ?? 0;
    sum += value * value;
  }
  return sum;
}

export function meanRow(rows: Float32Array, size: number): Float32Array {
  const sums = new Float64Array(size);
  for (const [at, value] of rows.entries()) sums[at % size] = (sums[at % size] ?? 0) + value;
  return Float32Array.from(sums, (sum) => (sum * size) / rows.length);
}

/** Whether every row has length 1, as far as f32 sums tell. */
export function areUnit(rows: Float32Array, size: number): boolean {
  for (let start = 0; start < rows.length; start += size) if (Math.abs(squaredLength(rows, start, size) - 1) > 1e-3) return false;
  return true;
}
