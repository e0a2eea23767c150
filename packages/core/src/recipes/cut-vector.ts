/** A vector, or the rows of a multivector, of f32. */
export type Rows = { readonly rows: readonly Float32Array[]; readonly multi: boolean };

/** Reads a flat vector or a multivector from its JSON text. */
export function readRows(text: string): Rows {
  const value = JSON.parse(text) as number[] | number[][];
  const multi = Array.isArray(value[0]);
  return { rows: (multi ? (value as number[][]) : [value as number[]]).map((row) => Float32Array.from(row)), multi };
}

/** The JSON text of rows. */
export function writeRows({ rows, multi }: Rows, encode: (row: Float32Array) => string): string {
  const texts = rows.map(encode);
  return multi ? `[${texts.join(',')}]` : (texts[0] ?? '[]');
}

/**
 * The first `dimensions` values, divided by their length: f32 in, the length summed in double precision, every quotient rounded to f32 once.
 * That is what OpenAI's guide does for text-embedding-3 (https://platform.openai.com/docs/guides/embeddings) and what `dimensions` in a
 * request gives. Null where the values are all zero, which have no direction.
 */
export function cutVector(vector: Float32Array, dimensions: number): Float32Array | null {
  const cut = vector.subarray(0, dimensions);
  let squared = 0;
  for (const value of cut) squared += value * value;
  const length = Math.sqrt(squared);
  return length > 0 && Number.isFinite(length) ? cut.map((value) => value / length) : null;
}
