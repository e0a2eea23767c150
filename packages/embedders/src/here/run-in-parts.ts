import { ReembedError } from '@reembed/core';

type Run = (texts: readonly (readonly number[])[]) => Promise<Float32Array>;

/**
 * Runs a model that pads a batch to its longest text: texts of like length go together, so that one long text does not pad all others,
 * and a batch is cut where it would hold more than `paddedTokens`, padding included. The rows come back in the order of the texts.
 */
export async function runInParts(texts: readonly (readonly number[])[], paddedTokens: number, run: Run): Promise<Float32Array[]> {
  const rows: Float32Array[] = new Array(texts.length);
  const lengths = texts.map(({ length }) => length);
  await Promise.all(
    planParts(lengths, paddedTokens).map(async (part) => {
      const vectors = await run(part.map((at) => texts[at] ?? []));
      const size = vectors.length / part.length;
      part.forEach((at, row) => {
        rows[at] = vectors.subarray(row * size, (row + 1) * size);
      });
    }),
  );
  return rows;
}

/** What a thread's failure means to whoever called: a model that broke or was closed may be tried again. */
export function explainRunFailure(model: string, cause: unknown): ReembedError {
  const reason = cause instanceof Error ? ` (${cause.message.split('\n')[0]})` : '';
  return new ReembedError('provider-unreachable', `${model} did not run${reason}; if it goes on, look for the memory it has`, { cause });
}

function planParts(lengths: readonly number[], paddedTokens: number): number[][] {
  const parts: number[][] = [];
  const order = lengths.map((_, at) => at).sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
  for (const at of order) {
    const part = parts.at(-1);
    if (part && (part.length + 1) * (lengths[at] ?? 0) <= paddedTokens) part.push(at);
    else parts.push([at]);
  }
  return parts;
}

/** The run itself cannot be stopped; who aborts no longer waits for it. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
