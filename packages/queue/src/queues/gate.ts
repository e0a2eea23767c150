/** Lets at most `size` through at once; the others wait in the order they came. */
export type Gate = {
  /** Runs `work` inside. Answers null where the signal aborts before it was let in. */
  inside<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | null>;
};

export function createGate(size: number): Gate {
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
