import { type LinearAlgebra, normaliseRows } from './linear-algebra.ts';

/** x · matrix + offset, then brought to length 1 where `normalise`. */
export type AffineMap = {
  readonly from: number;
  readonly to: number;
  /** from × to, row-major. */
  readonly matrix: Float32Array;
  readonly offset: Float32Array;
  readonly normalise: boolean;
};

export type HeldMap = {
  /** n × from to n × to. */
  apply(vectors: Float32Array): Float32Array;
  close(): void;
};

export function holdMap(algebra: LinearAlgebra, { from, to, matrix, offset, normalise }: AffineMap): HeldMap {
  const held = algebra.hold(matrix, from, offset);
  return {
    apply: (vectors) => (normalise ? normaliseRows(held.multiply(vectors), to) : held.multiply(vectors)),
    close: held.close,
  };
}

export function applyMap(algebra: LinearAlgebra, map: AffineMap, vectors: Float32Array): Float32Array {
  const held = holdMap(algebra, map);
  try {
    return held.apply(vectors);
  } finally {
    held.close();
  }
}
