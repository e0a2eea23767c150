/// <reference types="node" preserve="true" />

export type { BinaryAddress } from './binary-probe.ts';
export { type BinaryRoad, createBinaryRoad } from './binary-road.ts';
export type { QdrantAddress } from './connection.ts';
export { createForwarder, type Forwarded, type Forwarder, type ForwardRequest } from './forwarder.ts';
export { createQdrantAudit } from './qdrant-audit.ts';
export { createQdrantCollections } from './qdrant-collections.ts';
export { createQdrantLateWrites } from './qdrant-late-writes.ts';
export { createQdrantPoints } from './qdrant-points.ts';
export { createQdrantRecords } from './qdrant-records.ts';
export { createQdrantSearches } from './qdrant-searches.ts';
export { createQdrantSetAside } from './qdrant-set-aside.ts';
export { slicePoints } from './slice-answers.ts';
export { qdrantAnswerToError } from './translate-qdrant-error.ts';
export { vectorToJson } from './vector-to-json.ts';
