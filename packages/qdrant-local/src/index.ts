export { FAULT_ROUTE } from './faults/fault-route.ts';
export type { Fault, FaultEffect, FaultMatch, FaultSwitches } from './faults/fault-switches.ts';
export { type RunQdrantLocalOptions, runQdrantLocal } from './run-qdrant-local.ts';
export { createQdrantLocal, type QdrantLocal, type QdrantLocalOptions, type SeenRequest } from './server/qdrant-local.ts';
