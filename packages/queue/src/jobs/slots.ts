/** Lets at most `size` through at once; the others wait in the order they came. */
export type Slots = {
  /** Runs `work` in a slot. Answers null where the signal aborts before one is free. */
  inside<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | null>;
};

export function createSlots(size: number): Slots {
  let free = size;
  const waiting = new Set<() => void>();

  function enter(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (free > 0) {
      free--;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const admit = () => settle(true);
      const refuse = () => settle(false);
      const settle = (admitted: boolean) => {
        waiting.delete(admit);
        signal.removeEventListener('abort', refuse);
        resolve(admitted);
      };
      waiting.add(admit);
      signal.addEventListener('abort', refuse, { once: true });
    });
  }

  function leave(): void {
    const [next] = waiting;
    if (next === undefined) free++;
    else next();
  }

  return {
    async inside(signal, work) {
      if (!(await enter(signal))) return null;
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}

export type SlotQueue = { readonly id: string; readonly streams: number; readonly busy: boolean };

/**
 * How many jobs each queue may fetch at once when together they may run `slots`. Queues that have work share evenly, each up to its own
 * `streams`; one that is idle keeps a single slot, to notice when work arrives. Where there are more queues than slots every one still
 * gets one, and the slots that jobs wait for decide who runs.
 */
export function shareSlots(slots: number, queues: readonly SlotQueue[]): Map<string, number> {
  const shares = new Map(queues.map((queue) => [queue.id, 1]));
  const hungry = queues.filter((queue) => queue.busy || queues.length === 1);
  let left = slots - hungry.length;
  for (let given = true; left > 0 && given; ) {
    given = false;
    for (const { id, streams } of hungry) {
      const share = shares.get(id) ?? 1;
      if (left === 0 || share >= streams) continue;
      shares.set(id, share + 1);
      left--;
      given = true;
    }
  }
  return shares;
}
