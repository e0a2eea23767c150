import type { AdapterHeader } from '@reembed/contracts';

/** The files of learned maps. */
export type LearnedMaps = {
  /** What the file of that name says of itself. Throws `invalid-adapter` where it is missing, damaged, or no adapter. */
  header(name: string): Promise<AdapterHeader>;
  /** The map in the file of that name, as long as its SHA-256 is this one. Throws as `header`, and `adapter-changed` where the file is another by now. */
  projection(name: string, sha256: string): Promise<Projection>;
};

/** A learned map, ready: n × from values to n × to, row-major. The same row gives the same bits, whatever stands beside it. */
export type Projection = (vectors: Float32Array) => Float32Array;
