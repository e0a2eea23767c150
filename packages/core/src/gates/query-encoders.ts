import type { SearchProfile, Spec, VectorOrigin } from '@reembed/contracts';
import { recipesOf } from '@reembed/contracts';
import type { ModelCatalogue } from '../ports/embedder.ts';
import { type QueryText, searchedVectors } from '../ports/searches.ts';
import { givesDimensions } from '../recipes/embed-recipe.ts';
import { type AskDeps, askEmbeddings } from '../stages/ask-model.ts';

/** How queries for one vector are made. `size`: the vector's; `cut`: a longer embedding is cut to it and renormalised, as the vector was. */
export type QueryEncoder = {
  readonly model: string;
  /** Asked of the model; null: its own size. */
  readonly dimensions: number | null;
  readonly size: number;
  readonly cut: boolean;
};

/** By vector name; or what is not known, with the way out. */
export type QueryEncoders = { readonly encoders: Readonly<Record<string, QueryEncoder>> } | { readonly failed: string };

export type KnownVectors = {
  /** By vector name. */
  readonly origins: Readonly<Record<string, VectorOrigin>>;
  /** Names of vectors that are longer ones cut. */
  readonly cut: readonly string[];
  /** What to do where it is not known what made a vector. */
  readonly unknown: (vector: string) => string;
};

/** How queries are made for the vectors that a profile asks. */
export function encodersOf(profile: SearchProfile, known: KnownVectors, catalogue: ModelCatalogue): QueryEncoders {
  const encoders: Record<string, QueryEncoder> = {};
  for (const vector of searchedVectors(profile)) {
    const origin = known.origins[vector];
    if (origin === undefined) return { failed: known.unknown(vector) };
    encoders[vector] = encoderOf(origin, known.cut.includes(vector), catalogue);
  }
  return { encoders };
}

function encoderOf({ model, dimensions: size }: VectorOrigin, cut: boolean, catalogue: ModelCatalogue): QueryEncoder {
  const facts = catalogue.facts(model);
  const gives = facts !== null && facts.dimensions !== size && givesDimensions(facts, size);
  return { model, dimensions: gives ? size : null, size, cut };
}

/** Why the old model's queries cannot be made. */
export function unknownOld(vector: string): string {
  return `what made the source's vector "${vector}" is not known: set source.vectors.${JSON.stringify(vector)} to its model and text`;
}

export function unknownNew(spec: Spec): (vector: string) => string {
  return (vector) => {
    const recipe = spec.vectors[vector];
    if (recipe === undefined) return `search.new asks the vector "${vector}", which the target has not: it has ${names(spec)}`;
    return `how to embed a query for "${vector}" (${recipesOf(recipe).join()}) is not known; if it is kept, set source.vectors to what made it`;
  };
}

function names({ vectors }: Spec): string {
  return Object.keys(vectors)
    .map((name) => JSON.stringify(name))
    .join(', ');
}

/** How applications query the target: as the spec says, else the embedded vector, if there is exactly one, or the only vector. */
export function newProfile({ search, vectors }: Spec): SearchProfile | null {
  if (search.new !== undefined) return search.new;
  const embedded = Object.keys(vectors).filter((name) => vectors[name]?.embed !== undefined);
  const only = embedded.length > 0 ? embedded : Object.keys(vectors);
  const [using] = only;
  return using === undefined || only.length > 1 ? null : { ...search.old, using, prefetch: [], fusion: null };
}

/** By text, the query for every vector; null while the fleet works. Throws as askModel. */
export async function encodeQueries(
  deps: AskDeps,
  scope: string,
  encoders: Readonly<Record<string, QueryEncoder>>,
  texts: readonly string[],
): Promise<ReadonlyMap<string, Record<string, QueryText>> | { readonly failed: string } | null> {
  const queries = new Map<string, Record<string, QueryText>>(texts.map((text) => [text, {}]));
  let waits = false;
  for (const [vector, encoder] of Object.entries(encoders)) {
    const { model, dimensions } = encoder;
    const embedded = await askEmbeddings(deps, { scope, model, dimensions, kind: 'query', onLongText: 'truncate', texts });
    if (embedded === null) waits = true;
    for (const [at, text] of (embedded === null ? [] : texts).entries()) {
      const found = embedded?.[at];
      if (found === undefined || 'refused' in found) return { failed: `${model} refuses the query ${JSON.stringify(text.slice(0, 80))}` };
      const query = asQuery(found.vector, encoder);
      if (query === null)
        return {
          failed: `${model} gives ${found.vector.length} dimensions and the vector "${vector}" has ${encoder.size}: it is not what made it`,
        };
      Object.assign(queries.get(text) ?? {}, { [vector]: query });
    }
  }
  return waits ? null : queries;
}

/** Null where the sizes do not fit. */
function asQuery(vector: Float32Array, { size, cut }: QueryEncoder): QueryText | null {
  if (vector.length === size) return JSON.stringify([...vector]);
  if (!cut || vector.length < size) return null;
  const first = vector.subarray(0, size);
  const norm = Math.hypot(...first);
  return JSON.stringify([...first].map((value) => (norm === 0 ? 0 : Math.fround(value / norm))));
}
