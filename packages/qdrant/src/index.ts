export type { QdrantAddress } from './connection.ts';
export { createQdrantCollections } from './qdrant-collections.ts';
export { createQdrantLateWrites } from './qdrant-late-writes.ts';
export { createQdrantPoints } from './qdrant-points.ts';
export { createQdrantRecords } from './qdrant-records.ts';
export { createQdrantSearches } from './qdrant-searches.ts';
export { createQdrantSetAside } from './qdrant-set-aside.ts';
export { slicePoints } from './slice-answers.ts';
export { vectorToJson } from './vector-to-json.ts';
