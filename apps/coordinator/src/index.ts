export type { CoordinatorOptions } from './connect-coordinator.ts';
export { type Coordinator, startCoordinator } from './start-coordinator.ts';
