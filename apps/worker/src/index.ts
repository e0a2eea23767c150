export { startWorker, type Worker, type WorkerOptions, type WorkerParts } from './start-worker.ts';
