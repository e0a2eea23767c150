export type { Fault, FaultEffect, FaultMatch, FaultSwitches } from './faults/fault-switches.ts';
export type { SeenRequest } from './server/dispatch.ts';
export { createQdrantLocal, type QdrantLocal, type QdrantLocalOptions, runQdrantLocal } from './server/qdrant-local.ts';
