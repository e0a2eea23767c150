/** What came with which version of Qdrant, as far as clients can tell. */
const SINCE = {
  /** `qdrant/bm25` documents. */
  bm25: [15, 2],
  /** `update_filter` of upserts and vector updates; before, the field was passed over. */
  updateFilter: [16, 0],
  /** Collection metadata; before, it was passed over. */
  metadata: [16, 0],
  /** `update_mode`; before, it was passed over. */
  updateMode: [17, 0],
  /** `GET …/optimizations` and `update_queue`. */
  optimizations: [17, 0],
  /** `prevent_unoptimized`; before, it was passed over. */
  preventUnoptimized: [17, 0],
  /** Named vectors added and dropped in place. */
  vectorNames: [18, 0],
  /** The `slice` condition. */
  slice: [19, 0],
} as const;

export type Features = Record<keyof typeof SINCE, boolean>;

export const NEWEST_VERSION = '1.19.0';

/** A version as given, `1.16` or `1.16.3`, in full. Throws RangeError for anything that is no 1.x up to the newest. */
export function fullVersion(version: string): string {
  const match = /^1\.(\d+)(?:\.(\d+))?$/.exec(version);
  if (match === null || Number(match[1]) > 19) throw new RangeError(`as-version takes 1.0 to 1.19, not ${version}`);
  return `1.${match[1]}.${match[2] ?? '0'}`;
}

/** The features of a full version. */
export function featuresOf(version: string): Features {
  const [, minor = 0, patch = 0] = version.split('.').map(Number);
  const has = ([sinceMinor, sincePatch]: readonly [number, number]) => minor > sinceMinor || (minor === sinceMinor && patch >= sincePatch);
  return {
    bm25: has(SINCE.bm25),
    updateFilter: has(SINCE.updateFilter),
    metadata: has(SINCE.metadata),
    updateMode: has(SINCE.updateMode),
    optimizations: has(SINCE.optimizations),
    preventUnoptimized: has(SINCE.preventUnoptimized),
    vectorNames: has(SINCE.vectorNames),
    slice: has(SINCE.slice),
  };
}
