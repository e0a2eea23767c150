import { namedRecipes, type SearchProfile, type Spec, type VectorOrigin } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import type { ModelCatalogue } from '../ports/embedder.ts';
import type { LearnedMaps } from '../ports/learned-maps.ts';
import type { QueryText } from '../ports/searches.ts';
import { type AskDeps, askEmbeddings } from '../recipes/model-calls.ts';
import { shapedJson } from '../recipes/shaped-vector.ts';
import { type EmbeddedText, encoderOf, fitEmbedding, modelFor, type TextEncoder } from '../recipes/text-encoder.ts';

/** By vector name; or what is not known, with the way out. */
export type QueryEncoders = { readonly encoders: Readonly<Record<string, TextEncoder>> } | { readonly failed: string };

export type KnownVectors = {
  /** By vector name. */
  readonly origins: Readonly<Record<string, VectorOrigin>>;
  /** What to do where it is not known what made a vector. */
  readonly unknown: (vector: string) => string;
};

/** How queries are made for the vectors that are asked. */
export function encodersOf(vectors: readonly string[], known: KnownVectors, catalogue: ModelCatalogue): QueryEncoders {
  const encoders: Record<string, TextEncoder> = {};
  for (const vector of vectors) {
    const origin = known.origins[vector];
    if (origin === undefined) return { failed: known.unknown(vector) };
    const asked = modelFor(origin, 'query');
    if (asked === null)
      return {
        failed: `the vector "${vector}" is asked by the old model and a map, and what the old model is is not known: set source.vectors`,
      };
    const encoder = encoderOf(origin, asked, 'query', catalogue);
    if (encoder === null)
      return {
        failed: `queries for the vector "${vector}" are made by ${asked.model}, which is not a known model: it goes into reembed.config.yaml`,
      };
    encoders[vector] = encoder;
  }
  return { encoders };
}

/** Why the old model's queries cannot be made. */
export function unknownOld({ vectors, sparseVectors }: CollectionInfo): (vector: string) => string {
  return (vector) => {
    if (vectors[vector] !== undefined)
      return `what made the source's vector "${vector}" is not known: set source.vectors.${JSON.stringify(vector)} to its model and text`;
    if (sparseVectors[vector] !== undefined)
      return `what encoded the source's sparse vector "${vector}" is not known: leave it out of search.old, or make it anew with bm25`;
    return `search.old asks the vector "${vector}", which the source has not`;
  };
}

export function unknownNew(spec: Spec): (vector: string) => string {
  return (vector) => {
    const recipe = spec.vectors[vector];
    if (recipe === undefined) return `search.new asks the vector "${vector}", which the target has not: it has ${names(spec)}`;
    return `how to embed a query for "${vector}" (${namedRecipes(recipe).join()}) is not known; if it is kept, set source.vectors to what made it`;
  };
}

function names({ vectors }: Spec): string {
  return Object.keys(vectors)
    .map((name) => JSON.stringify(name))
    .join(', ');
}

/** How applications query the target: as the spec says, else the embedded or mapped vector, if there is exactly one, or the only vector. */
export function newProfile({ search, vectors }: Spec): SearchProfile | null {
  if (search.new !== undefined) return search.new;
  const embedded = Object.keys(vectors).filter((name) => vectors[name]?.embed !== undefined || vectors[name]?.project !== undefined);
  const only = embedded.length > 0 ? embedded : Object.keys(vectors);
  const [using] = only;
  return using === undefined || only.length > 1 ? null : { ...search.old, using, prefetch: [], fusion: null };
}

export type EncodeDeps = AskDeps & { readonly learnedMaps: LearnedMaps };

/** By text, the query for every vector; null while the fleet works. Throws as askModel, and as Adapters where a query goes through a map. */
export async function encodeQueries(
  deps: EncodeDeps,
  scope: string,
  encoders: Readonly<Record<string, TextEncoder>>,
  texts: readonly string[],
): Promise<ReadonlyMap<string, Record<string, QueryText>> | { readonly failed: string } | null> {
  const queries = new Map<string, Record<string, QueryText>>(texts.map((text) => [text, {}]));
  let waits = false;
  for (const [vector, encoder] of Object.entries(encoders)) {
    const written = encoder.kind === 'written' ? texts.map(encoder.write) : await embedQueries(deps, scope, { ...encoder, vector }, texts);
    if (written !== null && 'failed' in written) return written;
    if (written === null) waits = true;
    else for (const [at, text] of texts.entries()) Object.assign(queries.get(text) ?? {}, { [vector]: written[at] });
  }
  return waits ? null : queries;
}

async function embedQueries(
  deps: EncodeDeps,
  scope: string,
  encoder: EmbeddedText & { readonly vector: string },
  texts: readonly string[],
): Promise<QueryText[] | { readonly failed: string } | null> {
  const { vector, model, said, dimensions, map } = encoder;
  const embedded = await askEmbeddings(deps, { scope, model, said, dimensions, kind: 'query', onLongText: 'truncate', texts });
  if (embedded === null) return null;
  const bring = map === null ? null : await deps.learnedMaps.projection(map.adapter, map.sha256);
  const queries: QueryText[] = [];
  for (const [at, found] of embedded.entries()) {
    if ('refused' in found) return { failed: `${model} refuses the query ${JSON.stringify(texts[at]?.slice(0, 80))}` };
    const query = fitEmbedding(encoder, vector, found.vector, bring);
    if ('failed' in query) return query;
    queries.push(shapedJson(query, encoder));
  }
  return queries;
}
