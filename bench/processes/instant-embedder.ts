import type { Embedder, ModelCatalogue } from '@reembed/core';
import { createSeededRandom } from '@reembed/core';

const poolFloats = 1 << 20;

/** The catalogue with every embedder replaced by one that costs nothing but copying its vectors: what is measured then is the way around it. */
export function withInstantEmbedders(catalogue: ModelCatalogue, dimensions: number): ModelCatalogue {
  return {
    ...catalogue,
    saying: (said) => withInstantEmbedders(catalogue.saying(said), dimensions),
    embedder: (model) => createInstantEmbedder(model, dimensions, limitsOf(catalogue, model)),
  };
}

function limitsOf(catalogue: ModelCatalogue, model: string): Embedder['limits'] {
  const facts = catalogue.facts(model);
  if (facts === null) throw new Error(`the catalogue knows no ${model}`);
  return facts.limits;
}

/** The same text gets the same vector, as the check of the witness wants. */
function createInstantEmbedder(model: string, dimensions: number, limits: Embedder['limits']): Embedder {
  const random = createSeededRandom(7);
  const scale = Math.sqrt(3 / dimensions);
  const pool = Float32Array.from({ length: poolFloats }, () => (random() * 2 - 1) * scale);
  return {
    model,
    limits,
    exactTokens: false,
    countTokens: async (text) => text.length >> 2,
    truncate: async (text, maxTokens) => text.slice(0, maxTokens * 4),
    async embed(texts) {
      const vectors = new Float32Array(texts.length * dimensions);
      for (const [row, text] of texts.entries()) {
        const at = placeOf(text) % (poolFloats - dimensions);
        vectors.set(pool.subarray(at, at + dimensions), row * dimensions);
      }
      return { vectors, dimensions, tokens: texts.length };
    },
    async close() {},
  };
}

function placeOf(text: string): number {
  let place = text.length;
  for (let at = 0; at < text.length; at += 7) place = (place * 31 + text.charCodeAt(at)) | 0;
  return place >>> 0;
}
