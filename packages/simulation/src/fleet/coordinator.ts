import {
  aliveEveryMs,
  type CoordinatorDeps,
  calculateHere,
  createOwnBudget,
  freshMemory,
  isReembedError,
  reconcile,
  runStage,
  showAlive,
} from '@reembed/core';
import { createFakeAdapters, createFakeCatalogue, createFakeEmbedder } from '@reembed/testkit/fakes/fake-models';
import { createFakeTextSources } from '@reembed/testkit/fakes/fake-text-sources';
import { asTask } from '../engine/calls.ts';
import type { SimProcess } from '../engine/process.ts';
import { pointId } from '../users/writes.ts';
import { clockOf, type FleetOptions, outcomeOf, settling } from './members.ts';
import { type Connect, connect, coordinatorPorts, sharedPorts } from './ports.ts';

export type Coordinator = { readonly process: SimProcess; readonly deps: CoordinatorDeps };

/** What coordinators know of the rest of the fleet. */
export type OthersOfFleet = { readonly newId: () => string; readonly workers: () => number; readonly moved: (id: string) => void };

const reconcileMs = 3_000;

/** What apps/coordinator does: stages, and looks now and then. */
export function startCoordinator(options: FleetOptions, process: SimProcess, { newId, ...others }: OthersOfFleet): Coordinator {
  const { redis, requestTimeoutMs, freezeHook, onDefect } = options;
  const to = connect(options.caller, process);
  const deps: CoordinatorDeps = {
    ...sharedPorts(to, options),
    ...coordinatorPorts(to, redis, others),
    coordinatorName: () => process.name,
    endsWith: null,
    searches: { search: async () => ({ hits: [], tookMs: 1 }) },
    searchTallies: { add: async () => undefined, load: async () => null, forget: async () => undefined },
    catalogue: createFakeCatalogue([createFakeEmbedder()]),
    learnedMaps: createFakeAdapters(),
    textSources: textSourcesOf(to, options),
    providers: createOwnBudget(clockOf(options, process)),
    clock: clockOf(options, process),
    requestTimeoutMs,
    newId,
    freezeHook: to('hook', 'freezeHook', freezeHook),
    beforePhase: async () => undefined,
    calculate: calculateHere,
    deadLetters: { list: async () => [], prune: async () => undefined },
    ...freshMemory(),
  };
  redis.stages.serve({
    process,
    slots: 2,
    settle: settling(options, process),
    handle: (job, { signal }) =>
      outcomeOf(
        options,
        asTask(() => runStage(deps, job, signal)),
        signal,
      ),
  });
  const every = (ms: number, act: () => Promise<void>) => {
    const look = () => {
      const looked = asTask(act).catch((error: unknown) => (isReembedError(error) ? undefined : onDefect(error)));
      void looked.then(() => process.resume(ms, look));
    };
    process.resume(options.random.between(0, ms), look);
  };
  every(reconcileMs, () => reconcile(deps));
  every(aliveEveryMs, () => showAlive(deps));
  return { process, deps };
}

/** Of which the log of what people retrieve is read over the network. */
function textSourcesOf(to: Connect, { hot }: FleetOptions): CoordinatorDeps['textSources'] {
  const fake = createFakeTextSources();
  fake.log = { texts: new Map(), vectors: new Map(), points: hot.map((id, at) => ({ id: pointId(id), retrieved: hot.length - at })) };
  return { ...fake, ...to('provider', 'textSources', { queryLog: fake.queryLog }) };
}
