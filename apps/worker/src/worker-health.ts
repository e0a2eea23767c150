import { type Clock, duration, isReembedError } from '@reembed/core';
import type { Health } from '@reembed/process/status-server';

/** Work in hand that shows no sign of life for so long stands still, in ms: longer than a request to Qdrant or a provider may take. */
const stillMs = 600_000;
/** Jobs that wait so long while nothing is in hand are not taken, in ms. */
const untakenMs = 120_000;

export type HealthOptions = {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Asks Redis something; throws `redis-unreachable`. */
  readonly askRedis: () => Promise<unknown>;
  /** Range jobs that may be taken now. */
  readonly waiting: () => Promise<number>;
};

/** Whether a worker gets work done, by what it is seen to do. */
export type WorkerHealth = {
  readonly health: Health;
  /** Something went on: a request was answered, or refused. */
  sign(): void;
  begins(): void;
  ended(): void;
  inHand(): number;
  /** Does what a budget or a throttle may hold back for hours: standing still meanwhile is right. */
  heldBack<T>(wait: () => Promise<T>): Promise<T>;
};

/**
 * Well is a worker that reaches Redis and works, or has nothing to do. One whose server or provider is away is well, too: it tries again, says
 * so as a wait, and starting it anew would change nothing.
 */
export function createWorkerHealth({ clock, askRedis, waiting }: HealthOptions): WorkerHealth {
  let inHand = 0;
  let held = 0;
  let lastSign = clock.monotonicMs();
  let idleBeside: number | null = null;
  const sign = () => {
    lastSign = clock.monotonicMs();
  };

  async function notTaken(): Promise<readonly string[]> {
    if (inHand > 0 || (await waiting()) === 0) idleBeside = null;
    else idleBeside ??= clock.monotonicMs();
    const ms = idleBeside === null ? 0 : clock.monotonicMs() - idleBeside;
    return ms < untakenMs ? [] : [`range jobs have been waiting for ${duration(ms / 1_000)}, and this worker takes none`];
  }

  function standsStill(): readonly string[] {
    const ms = clock.monotonicMs() - lastSign;
    return inHand === 0 || held > 0 || ms < stillMs ? [] : [`${inHand} range jobs in hand have stood still for ${duration(ms / 1_000)}`];
  }

  return {
    sign,
    begins() {
      inHand++;
      sign();
    },
    ended() {
      inHand--;
      sign();
    },
    inHand: () => inHand,
    async heldBack(wait) {
      held++;
      try {
        return await wait();
      } finally {
        held--;
        sign();
      }
    },
    async health() {
      try {
        await askRedis();
        return [...standsStill(), ...(await notTaken())];
      } catch (error) {
        if (isReembedError(error, 'redis-unreachable')) return ['Redis does not answer'];
        throw error;
      }
    },
  };
}
