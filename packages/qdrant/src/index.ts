export type { QdrantAddress } from './qdrant-address.ts';
export { createQdrantCollections } from './qdrant-collections.ts';
export { createQdrantPoints } from './qdrant-points.ts';
export { createQdrantSearches } from './qdrant-searches.ts';
export { createQdrantSetAside } from './qdrant-set-aside.ts';
export { slicePoints } from './slice-points.ts';
export { vectorToJson } from './vector-to-json.ts';
