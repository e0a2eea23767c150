/** What came with which version of Qdrant, as far as clients can tell. */
export type Features = {
  /** `update_filter` on upsert (1.16). */
  updateFilter: boolean;
  /** Collection metadata (1.16). */
  metadata: boolean;
  /** `update_mode` (1.17). */
  updateMode: boolean;
  /** `GET …/optimizations` and `update_queue` (1.17). */
  optimizations: boolean;
  /** Named vectors added and dropped in place (1.18). */
  vectorNames: boolean;
  /** The `slice` condition (1.19). */
  slice: boolean;
};

export const NEWEST_VERSION = '1.19.0';

const SINCE: Record<keyof Features, number> = {
  updateFilter: 16,
  metadata: 16,
  updateMode: 17,
  optimizations: 17,
  vectorNames: 18,
  slice: 19,
};

/** A version as given, `1.16` or `1.16.3`, in full. Throws RangeError for anything that is no 1.x up to the newest. */
export function fullVersion(version: string): string {
  const match = /^1\.(\d+)(?:\.(\d+))?$/.exec(version);
  if (match === null || Number(match[1]) > 19) throw new RangeError(`--as-version takes 1.0 to 1.19, not ${version}`);
  return `1.${match[1]}.${match[2] ?? '0'}`;
}

/** The features of a full version. */
export function featuresOf(version: string): Features {
  const minor = Number(version.split('.')[1]);
  const has = (feature: keyof Features) => minor >= SINCE[feature];
  return {
    updateFilter: has('updateFilter'),
    metadata: has('metadata'),
    updateMode: has('updateMode'),
    optimizations: has('optimizations'),
    vectorNames: has('vectorNames'),
    slice: has('slice'),
  };
}
