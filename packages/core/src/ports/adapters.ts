import type { AdapterHeader } from '@reembed/contracts';

/** The files of learned maps. */
export type Adapters = {
  /** What the file of that name says of itself. Throws `invalid-adapter` where it is missing, damaged, or no adapter. */
  header(name: string): Promise<AdapterHeader>;
};

/** A learned map, ready: n × from values to n × to, row-major. The same row gives the same bits, whatever stands beside it. */
export type Projection = (vectors: Float32Array) => Float32Array;
