import { Worker } from 'node:worker_threads';
import { knownSecrets } from '@reembed/contracts';
import type { CoordinatorOptions } from '../connect-coordinator.ts';

/** What the thread is started with; clock and log it makes itself. */
export type PlanningThreadData = Pick<CoordinatorOptions, 'settings' | 'config' | 'env'> & {
  readonly url: string;
  readonly secrets: readonly string[];
};

/** What a body of 32 MB becomes, and all that a plan reads, has room in it; a container of a coordinator has 1 GiB. In MiB. */
const mostHeap = 512;

/** `url`: by which people reach the coordinator. */
export function startPlanningThread({ settings, config, env }: CoordinatorOptions, url: string): Worker {
  // The built file ends in .js.
  const entry = new URL(`../planning-thread${import.meta.url.slice(-3)}`, import.meta.url);
  const workerData: PlanningThreadData = { settings, config, env: { ...env }, url, secrets: knownSecrets() };
  return new Worker(entry, { workerData, name: 'planning', resourceLimits: { maxOldGenerationSizeMb: mostHeap } });
}
