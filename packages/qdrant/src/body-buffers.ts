/** Lends buffers for the bodies of requests. */
export type BodyBuffers = {
  /** At least `bytes` long; what it holds is left from its last use. */
  take(bytes: number): Buffer;
  /** Only for one that nobody reads any more: not that of a request which failed and may still be on its way. */
  giveBack(buffer: Buffer): void;
};

const mostKept = 32;
const longestKept = 16 * 2 ** 20;

/**
 * V8 starts a full collection after every few dozen MiB of new buffers: one of 1.5 MiB for each page cost a sixth of a copying
 * worker's CPU time.
 */
export function createBodyBuffers(): BodyBuffers {
  const free: Buffer[] = [];
  return {
    take(bytes) {
      const buffer = free.pop();
      return buffer !== undefined && buffer.length >= bytes ? buffer : Buffer.allocUnsafeSlow(roundUp(bytes));
    },
    giveBack(buffer) {
      if (free.length < mostKept && buffer.length <= longestKept) free.push(buffer);
    },
  };
}

/** Pages are about equally long: room for the next one, which may be a little longer. */
function roundUp(bytes: number): number {
  return Math.ceil((bytes * 1.25) / 2 ** 16) * 2 ** 16;
}
