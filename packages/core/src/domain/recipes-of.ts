import type { EmbedRecipe, RecipeName, Spec, VectorSpec } from '@reembed/contracts';

type Facts<Recipe> = {
  /** Names of the source vectors that it is made from. */
  readonly reads: (recipe: Recipe) => readonly string[];
  /** Whether a model is paid for it: such vectors are made last, when what is wrong with a point for free is known. */
  readonly paid: boolean;
};

/** What follows from the kind of a recipe alone: a new kind has to say it here. */
const facts: { readonly [Name in RecipeName]: Facts<NonNullable<VectorSpec[Name]>> } = {
  embed: { reads: () => [], paid: true },
  keep: { reads: (from) => [from], paid: false },
  truncate: { reads: ({ vector }) => [vector], paid: false },
  bm25: { reads: () => [], paid: false },
  project: { reads: ({ vector }) => [vector], paid: false },
};

/** A vector of the target by the facts of its recipe. */
export type VectorRecipe = {
  readonly name: string;
  readonly recipe: RecipeName;
  readonly reads: readonly string[];
  readonly paid: boolean;
};

/** Every vector of a spec with its recipe, in the spec's order. */
export function recipesOf({ vectors }: Pick<Spec, 'vectors'>): VectorRecipe[] {
  return Object.entries(vectors).map(([name, vector]) => {
    const recipe = recipeNameOf(vector);
    return { name, recipe, reads: readsOf(recipe, vector), paid: facts[recipe].paid };
  });
}

/** The one recipe that a vector of a spec has. */
export function recipeNameOf(vector: VectorSpec): RecipeName {
  const found = (Object.keys(facts) as RecipeName[]).find((name) => vector[name] !== undefined);
  if (found === undefined) throw new Error('a vector of the spec has no recipe');
  return found;
}

function readsOf<Name extends RecipeName>(name: Name, vector: VectorSpec): readonly string[] {
  const recipe = vector[name];
  return recipe === undefined ? [] : facts[name].reads(recipe as NonNullable<VectorSpec[Name]>);
}

/** The vectors whose texts workers embed: each has a model with a witness, limits and a price. */
export function embedVectors(spec: Pick<Spec, 'vectors'>): { name: string; recipe: EmbedRecipe }[] {
  return Object.entries(spec.vectors).flatMap(([name, { embed }]) => (embed?.via === 'worker' ? [{ name, recipe: embed }] : []));
}

/** The vectors that are copied: name in the target, name in the source. */
export function keptVectors(spec: Pick<Spec, 'vectors'>): { name: string; from: string }[] {
  return Object.entries(spec.vectors).flatMap(([name, { keep }]) => (keep === undefined ? [] : [{ name, from: keep }]));
}

/** Whether the vectors are added to the source itself. */
export function isInPlace({ target }: Pick<Spec, 'target'>): boolean {
  return target.inPlace;
}

/** The names of the vectors that an in-place migration adds: all but those that stay as they are. */
export function addedNames(spec: Pick<Spec, 'vectors'>): string[] {
  return recipesOf(spec).flatMap(({ name, recipe, reads }) => (recipe === 'keep' && reads[0] === name ? [] : [name]));
}

/** Whether points may lack a vector after the switch, so that filling goes on until the migration is completed. */
export function fillsAfterSwitch(spec: Spec): boolean {
  return !isInPlace(spec) && besideKeptNames(spec).length > 0;
}

/** The names of vectors that can be made of what the target itself keeps. A mapped payload has not the fields by the names the recipes know. */
export function besideKeptNames(spec: Spec): string[] {
  const kept = new Set(keptVectors(spec).map(({ from }) => from));
  if (kept.size === 0 || !isWholePayload(spec)) return [];
  return recipesOf(spec).flatMap(({ name, recipe, reads }) => (recipe !== 'keep' && reads.every((from) => kept.has(from)) ? [name] : []));
}

/** Whether the target has the fields of its source by the same names. */
export function isWholePayload({ target: { payload } }: Spec): boolean {
  return payload.include.length === 0 && payload.exclude.length === 0 && Object.keys(payload.rename).length === 0;
}
