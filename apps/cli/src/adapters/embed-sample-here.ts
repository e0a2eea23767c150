import { type EmbedSample, embedTexts, type ModelCatalogue } from '@reembed/core';
import { systemClock } from '@reembed/process';
import { createOwnBudget } from './own-budget.ts';

/** Embeds a plan's sample in this process, which therefore needs the provider's key. */
export function embedSampleHere(catalogue: ModelCatalogue, signal: AbortSignal): EmbedSample {
  return async ({ model, dimensions, kind, texts }) => {
    const embedder = catalogue.embedder(model);
    try {
      const context = {
        embedder,
        dimensions: dimensions ?? undefined,
        kind,
        budget: createOwnBudget(systemClock),
        clock: systemClock,
        signal,
      };
      const { embedded } = await embedTexts({ ...context, maxTries: 2 }, texts);
      return embedded.map((one) => ('refused' in one ? { refused: one.refused.message } : one));
    } finally {
      await embedder.close();
    }
  };
}
