import type { Provenance } from './adapter-files.ts';
import type { AffineMap } from './affine-map.ts';

/** From two dimensions to three. */
export function buildMap(): AffineMap {
  return { from: 2, to: 3, matrix: Float32Array.of(1, 2, 3, 4, 5, 6), offset: Float32Array.of(0.5, -0.25, 0), normalise: true };
}

export function buildProvenance(): Provenance {
  const scores = { overlapAt10: 0.5, ndcgAt10: null };
  return {
    kind: 'ridge',
    from: { model: 'hash/2', dimensions: 2, text: '{{title}}' },
    to: { model: 'hash/3', dimensions: 3, text: '{{title}}' },
    source: { collection: 'docs', vector: '' },
    fit: {
      pairs: 80,
      heldOut: 20,
      seed: 's',
      stratify: null,
      strata: {},
      lambda: 0.1,
      scores: { ridge: scores, procrustes: scores },
      trueNdcgAt10: null,
    },
    createdAt: '2026-11-22T12:00:00.000Z',
  };
}
