import { runMeasuredWorker } from '../run-measured-worker.ts';

/** A worker to which every range is empty: what is left is what ranges cost themselves. */
await runMeasuredWorker('empty-worker', ({ points, ...rest }) => ({
  ...rest,
  points: { ...points, scroll: async () => ({ points: [], next: null }) },
}));
