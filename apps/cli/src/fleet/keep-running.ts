import { setTimeout as sleep } from 'node:timers/promises';
import { ReembedError } from '@reembed/core';
import type { Child } from './start-child.ts';

/** A child that is started again when it dies. */
export type KeptChild = {
  readonly ready: string;
  /** The process that runs now. */
  pid(): number;
  /** Rejects once it has died too often. Never resolves. */
  readonly lost: Promise<never>;
  stop(): Promise<void>;
};

/** Deaths after which somebody has to look. */
const mostDeaths = 5;

/** Work goes on where it was, because its state is outside; `start` gets what the first child said, such as its address. */
export async function keepRunning(
  start: (before: string | null) => Promise<Child>,
  tell: (line: string) => void,
  restartMs = 500,
): Promise<KeptChild> {
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => {});
  let stopping = false;
  let child = await start(null);
  const { ready } = child;
  const watch = async () => {
    for (let deaths = 1; ; deaths++) {
      const how = await child.ended;
      if (stopping) return;
      if (deaths >= mostDeaths) throw new ReembedError('internal', `the ${child.name} died ${deaths} times, the last time ${how}`);
      tell(`the ${child.name} ended ${how}; it is started again`);
      await sleep(restartMs);
      if (stopping) return;
      child = await start(ready);
    }
  };
  const watching = watch().catch((error: unknown) => lost.reject(error));
  return {
    ready,
    pid: () => child.pid,
    lost: lost.promise,
    async stop() {
      stopping = true;
      await child.stop();
      await watching;
      // One that was being started just then.
      await child.stop();
    },
  };
}
