import type { Embedder, ModelCatalogue } from '@reembed/core';
import { runMeasuredWorker } from '../run-measured-worker.ts';
import { withInstantEmbedders } from './instant-embedder.ts';

/** The worker as it is, with instant embedders that tell of every text of a point before they answer: what was told is what a provider would have billed. */
const dimensions = Number(process.argv[2]);

function counted(catalogue: ModelCatalogue): ModelCatalogue {
  return { ...catalogue, saying: (said) => counted(catalogue.saying(said)), embedder: (model) => telling(catalogue.embedder(model)) };
}

function telling(embedder: Embedder): Embedder {
  return {
    ...embedder,
    async embed(texts, request) {
      const embedded = texts.filter((text) => text.startsWith('Document ')).length;
      if (embedded > 0) await new Promise((told) => process.send?.({ embedded }, told));
      return embedder.embed(texts, request);
    },
  };
}

await runMeasuredWorker('counting-worker', ({ catalogue, ...rest }) => ({
  ...rest,
  catalogue: counted(withInstantEmbedders(catalogue, dimensions)),
}));
