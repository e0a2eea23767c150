import { holdKernel, type Kernel } from './kernel.ts';
import { type LinearAlgebra, normaliseRows } from './linear-algebra.ts';

/** x · matrix + offset, then brought to length 1 where `normalise`; with a kernel, x is first made its nearness to each landmark. */
export type AffineMap = {
  readonly from: number;
  readonly to: number;
  /** from × to, row-major; with a kernel, landmarks × to. */
  readonly matrix: Float32Array;
  readonly offset: Float32Array;
  readonly normalise: boolean;
  readonly kernel?: Kernel | undefined;
};

export type HeldMap = {
  /** n × from to n × to. */
  apply(vectors: Float32Array): Float32Array;
  close(): void;
};

export function holdMap(algebra: LinearAlgebra, { from, to, matrix, offset, normalise, kernel }: AffineMap): HeldMap {
  const near = kernel === undefined ? null : holdKernel(algebra, kernel, from);
  const held = algebra.hold(matrix, matrix.length / to, offset);
  return {
    apply(vectors) {
      const mapped = held.multiply(near === null ? vectors : near.features(vectors));
      return normalise ? normaliseRows(mapped, to) : mapped;
    },
    close() {
      near?.close();
      held.close();
    },
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
