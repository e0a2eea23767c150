export type { SeenRequest } from './server/dispatch.ts';
export type { Fault, FaultEffect, FaultMatch, FaultSwitches } from './server/fault-switches.ts';
export { createQdrantLocal, type QdrantLocal, type QdrantLocalOptions, runQdrantLocal } from './server/qdrant-local.ts';
