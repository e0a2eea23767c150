import { failure } from '../api-error.ts';
import type { Features } from '../server/versions.ts';
import { bm25Document, bm25Query } from '../text/bm25.ts';
import type { InferenceDocument, NamedVectors, VectorInput } from './vector-value.ts';

/** `role`: on which side of a search the text stands; BM25 weighs a document's words and only marks a query's. */
export type EmbedOptions = { role: 'document' | 'query'; features: Features };

/** Replaces documents by the vectors their model makes of them, in place. Throws 500, as a server without an inference service does, for any model but `qdrant/bm25`. */
export function embedDocuments(points: NamedVectors[], embed: EmbedOptions): void {
  for (const vectors of points)
    for (const [name, vector] of vectors) if (vector.kind === 'document') vectors.set(name, embedDocument(vector, embed));
}

export function embedDocument({ model, text, options }: InferenceDocument, embed: EmbedOptions): VectorInput {
  if (!embed.features.bm25 || !/^(qdrant\/)?bm25$/i.test(model))
    throw failure.internal('InferenceService URL not configured - please provide valid address in config');
  if (text === undefined) throw failure.wrongInput(`Only text input is supported for ${model}.`);
  return embed.role === 'document' ? bm25Document(text, options) : bm25Query(text, options);
}
