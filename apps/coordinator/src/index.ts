export { type Coordinator, type CoordinatorOptions, startCoordinator } from './start-coordinator.ts';
