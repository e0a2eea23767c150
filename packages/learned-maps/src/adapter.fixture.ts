import { buildAdapterHeader } from '@reembed/testkit';
import type { Provenance } from './adapter-files.ts';
import type { AffineMap } from './affine-map.ts';

/** From two dimensions to three. */
export function buildMap(): AffineMap {
  return { from: 2, to: 3, matrix: Float32Array.of(1, 2, 3, 4, 5, 6), offset: Float32Array.of(0.5, -0.25, 0), normalise: true };
}

/** What the testkit's header says, without what writing a file adds. */
export function buildProvenance(change: Partial<Provenance> = {}): Provenance {
  const { format: _format, sha256: _sha256, normalise: _normalise, ...provenance } = buildAdapterHeader();
  return { ...provenance, ...change };
}
