export { startWorker, type WorkerOptions, type WorkerParts } from './start-worker.ts';
