import type { Spec } from '@reembed/contracts';
import type { VectorShape } from '../ports/embedder.ts';
import { writeRows } from './stored-vector.ts';

/** How the numbers of a vector are to be read; `size`: dimensions of a row. */
export type Shaped = { readonly shape: VectorShape; readonly size: number };

/** How a model's numbers for this vector of a spec are to be read. */
export function shapeOf({ vectors }: Pick<Spec, 'vectors'>, name: string): Shaped {
  const { sparse, multivector } = vectors[name] ?? {};
  if (sparse !== undefined) return { shape: 'words', size: 0 };
  return multivector === undefined ? { shape: 'dense', size: 0 } : { shape: 'rows', size: multivector.dimensions };
}

/** A vector of a model as the JSON text that Qdrant takes. `encode`: f32 values as a JSON array. */
export function shapedText(vector: Float32Array, { shape, size }: Shaped, encode: (values: Float32Array) => string): string {
  if (shape === 'dense') return encode(vector);
  if (shape === 'words') {
    const indices = [...vector].filter((_, at) => at % 2 === 0);
    const values = vector.filter((_, at) => at % 2 === 1);
    return `{"indices":${JSON.stringify(indices)},"values":${encode(values)}}`;
  }
  const rows = Array.from({ length: vector.length / size }, (_, row) => vector.subarray(row * size, (row + 1) * size));
  return writeRows({ rows, multi: true }, encode);
}

/** The same, where nothing hangs on how fast it is written. */
export function shapedJson(vector: Float32Array, shaped: Shaped): string {
  return shapedText(vector, shaped, shaped.shape === 'rows' ? withDecimals : (values) => JSON.stringify([...values]));
}

/** The values with a decimal each: Qdrant reads two rows of whole numbers as a sparse vector. */
export function withDecimals(values: Float32Array): string {
  return `[${[...values].map((value) => (Number.isInteger(value) ? value.toFixed(1) : String(value))).join(',')}]`;
}
