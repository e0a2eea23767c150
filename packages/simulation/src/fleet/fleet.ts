import { type Coordinator, startCoordinator } from './coordinator.ts';
import { type FleetOptions, startMember } from './members.ts';
import { startWorker, type Worker } from './worker.ts';

export type Fleet = {
  /** One that answers, if any. */
  coordinator(): Coordinator | null;
  /** When none sleeps any more. */
  awakeAt(): number;
};

/** Coordinators and workers that die come back after a while, knowing nothing. */
export function startFleet(options: FleetOptions): Fleet {
  const { random } = options;
  const coordinators = new Map<number, Coordinator>();
  const workers = new Map<number, Worker>();
  const newId = () => `${options.idPrefix}${options.nextNumber()}`;
  const nameOf = (what: string, n: number) => (options.idPrefix === 'm' ? `${what} ${n}` : `${what} ${n} of the other fleet`);
  const others = {
    newId,
    workers: () => [...workers.values()].filter(({ process }) => process.state() !== 'dead').length,
    /** Pub/sub may lose a message. */
    moved(id: string) {
      for (const { process, stopAll } of workers.values()) if (random.chance(0.9)) process.resume(random.between(1, 10), () => stopAll(id));
    },
  };
  const coordinate = (n: number) => {
    const process = startMember(options, nameOf('coordinator', n), () => coordinate(n));
    coordinators.set(n, startCoordinator(options, process, others));
  };
  const work = (n: number) => {
    const process = startMember(options, nameOf('worker', n), () => work(n));
    workers.set(n, startWorker(options, process, newId));
  };
  for (let n = 1; n <= options.coordinators; n++) coordinate(n);
  for (let n = 1; n <= options.workers; n++) work(n);
  return {
    awakeAt: () => Math.max(...[...coordinators.values(), ...workers.values()].map(({ process }) => process.wakesAt())),
    coordinator() {
      const up = [...coordinators.values()].filter(({ process }) => process.state() === 'up');
      return up.length === 0 ? null : random.pick(up);
    },
  };
}
