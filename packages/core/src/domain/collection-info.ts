/** A dense vector's parameters as Qdrant reports them; other keys (datatype, multivector_config, on_disk, ...) are passed through. */
export type DenseVectorParams = { readonly size: number; readonly distance: string } & Readonly<Record<string, unknown>>;

/** A collection as it stands. Names of vectors: `""` is the unnamed one. */
export type CollectionInfo = {
  readonly name: string;
  readonly status: string;
  /** As the server counts it; may be approximate while it optimizes. */
  readonly pointsCount: number;
  readonly vectors: Readonly<Record<string, DenseVectorParams>>;
  readonly sparseVectors: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** `params` without the vectors: shard_number, replication_factor, on_disk_payload, ... */
  readonly params: Readonly<Record<string, unknown>>;
  readonly hnswConfig: Readonly<Record<string, unknown>>;
  readonly optimizersConfig: Readonly<Record<string, unknown>>;
  readonly walConfig: Readonly<Record<string, unknown>> | null;
  readonly quantizationConfig: Readonly<Record<string, unknown>> | null;
  readonly strictModeConfig: Readonly<Record<string, unknown>> | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Index parameters by payload field, as `PUT /collections/{c}/index` takes them in `field_schema`. */
  readonly payloadSchema: Readonly<Record<string, unknown>>;
};

/** Whether a server is Qdrant 1.`minor` or later; `version` as its root page says it ("1.18.2"). */
export function isAtLeast(version: string, minor: number): boolean {
  const [major = 0, found = 0] = version.split('.').map(Number);
  return major > 1 || (major === 1 && found >= minor);
}
