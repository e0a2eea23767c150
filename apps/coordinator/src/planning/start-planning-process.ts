import type { ChildProcess } from 'node:child_process';
import { knownSecrets } from '@reembed/contracts';
import type { CoordinatorOptions } from '../connect-coordinator.ts';
import { startProcess } from '../processes/start-process.ts';
import type { ToPlanning } from './forked-planner.ts';

/** What the process is started with; clock and log it makes itself. */
export type PlanningData = Pick<CoordinatorOptions, 'settings' | 'config' | 'env'> & {
  readonly url: string;
  readonly secrets: readonly string[];
};

/** What a body of 32 MB becomes, and all that a plan reads, has room in it; a container of a coordinator has 1 GiB. In MiB. */
const mostHeap = 512;

/** `url`: by which people reach the coordinator. */
export function startPlanningProcess({ settings, config, env }: CoordinatorOptions, url: string): ChildProcess {
  const child = startProcess('planning-process', mostHeap);
  const begin: PlanningData = { settings, config, env: { ...env }, url, secrets: knownSecrets() };
  // Of one that has ended before it read this its end is heard.
  child.send({ begin } satisfies ToPlanning, () => undefined);
  return child;
}
