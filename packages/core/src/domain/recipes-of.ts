import { type EmbedRecipe, isIdentity, type RecipeName, type Spec, type VectorSpec } from '@reembed/contracts';
import type { Migration } from './migration.ts';

/** One case for each kind of recipe: a new kind has to be answered wherever a kind is asked for. */
export type RecipeCases<Result> = { readonly [Name in RecipeName]: (recipe: NonNullable<VectorSpec[Name]>) => Result };

/** The answer of the one recipe that the vector has. */
export function matchRecipe<Result>(vector: VectorSpec, cases: RecipeCases<Result>): Result {
  return caseOf(recipeNameOf(vector), vector, cases);
}

function caseOf<Name extends RecipeName, Result>(name: Name, vector: VectorSpec, cases: RecipeCases<Result>): Result {
  const answer: (recipe: NonNullable<VectorSpec[Name]>) => Result = cases[name];
  return answer(vector[name] as NonNullable<VectorSpec[Name]>);
}

type Facts = {
  /** Names of the source vectors that it is made from. */
  readonly reads: readonly string[];
  /** Whether a model is paid for it: such vectors are made last, when what is wrong with a point for free is known. */
  readonly paid: boolean;
  /** Whether it is words and weights instead of a direction. A kept vector is what it was. */
  readonly sparse: boolean;
  /** Whether it is rows for every token, by which candidates are ranked anew and nothing is searched first. */
  readonly rows: boolean;
};

const made = { reads: [], paid: false, sparse: false, rows: false };

/** What follows from the kind of a recipe and its fields alone. */
const facts: RecipeCases<Facts> = {
  embed: () => ({ ...made, paid: true }),
  keep: (from) => ({ ...made, reads: [from] }),
  truncate: ({ vector }) => ({ ...made, reads: [vector] }),
  bm25: () => ({ ...made, sparse: true }),
  project: ({ vector }) => ({ ...made, reads: [vector] }),
  sparse: () => ({ ...made, paid: true, sparse: true }),
  multivector: () => ({ ...made, paid: true, rows: true }),
};

const names = Object.keys(facts) as readonly RecipeName[];

/** A vector of the target by the facts of its recipe. */
export type VectorRecipe = Facts & { readonly name: string; readonly recipe: RecipeName };

/** Every vector of a spec with its recipe, in the spec's order. */
export function recipesOf({ vectors }: Pick<Spec, 'vectors'>): VectorRecipe[] {
  return Object.entries(vectors).map(([name, vector]) => ({ name, recipe: recipeNameOf(vector), ...matchRecipe(vector, facts) }));
}

/** The one recipe that a vector of a spec has. */
export function recipeNameOf(vector: VectorSpec): RecipeName {
  const found = names.find((name) => vector[name] !== undefined);
  if (found === undefined) throw new Error('a vector of the spec has no recipe');
  return found;
}

/** The vectors whose texts workers embed, a dense vector each. */
export function embedVectors(spec: Pick<Spec, 'vectors'>): { name: string; recipe: EmbedRecipe }[] {
  return Object.entries(spec.vectors).flatMap(([name, { embed }]) => (embed?.via === 'worker' ? [{ name, recipe: embed }] : []));
}

/** Whether a copy sends texts by a provider's batch road. */
export function goesByBatch(spec: Pick<Spec, 'vectors'>): boolean {
  return embedVectors(spec).some(({ recipe }) => recipe.batch === true);
}

/** A vector whose texts workers send to a model, which has a witness, limits and a price; and what comes back. */
export type ModelVector = {
  readonly name: string;
  readonly recipe: Pick<EmbedRecipe, 'model' | 'dimensions' | 'text' | 'onMissingText' | 'onLongText'>;
  readonly kind: 'embed' | 'sparse' | 'multivector';
};

/** Every vector whose texts workers send to a model. A text of words or rows that is too long is set aside: the mean of such pieces is nothing. */
export function modelVectors(spec: Pick<Spec, 'vectors'>): ModelVector[] {
  return Object.entries(spec.vectors).flatMap(([name, { embed, sparse, multivector }]): ModelVector[] => {
    if (embed?.via === 'worker') return [{ name, recipe: embed, kind: 'embed' }];
    if (sparse?.via === 'worker') return [{ name, recipe: { ...sparse, onLongText: 'quarantine' }, kind: 'sparse' }];
    if (multivector?.via === 'worker') return [{ name, recipe: { ...multivector, onLongText: 'quarantine' }, kind: 'multivector' }];
    return [];
  });
}

/** Whether Qdrant itself has a vector made by a model that is billed elsewhere. */
export function isMadeByQdrant({ embed, sparse, multivector }: VectorSpec): boolean {
  const made = embed ?? sparse ?? multivector;
  return made !== undefined && made.via !== 'worker';
}

/** The models by which Qdrant itself makes vectors of a spec, each once. */
export function modelsOfQdrant({ vectors }: Pick<Spec, 'vectors'>): string[] {
  const made = Object.values(vectors).filter(isMadeByQdrant);
  return [...new Set(made.flatMap(({ embed, sparse, multivector }) => (embed ?? sparse ?? multivector)?.model ?? []))];
}

/** The template of the texts that a vector is made from; undefined where it is made from a vector. */
export function templateOf({ embed, bm25, sparse, multivector }: VectorSpec): string | undefined {
  return (embed ?? bm25 ?? sparse ?? multivector)?.text;
}

/** The vectors that are copied: name in the target, name in the source. */
export function keptVectors(spec: Pick<Spec, 'vectors'>): { name: string; from: string }[] {
  return Object.entries(spec.vectors).flatMap(([name, { keep }]) => (keep === undefined ? [] : [{ name, from: keep }]));
}

/**
 * Whether points become points of the target without anything in them being looked at: every vector kept under its name, whole payloads, every
 * point of the source, and no field that tells when it changed.
 */
export function goesWhole(spec: Spec): boolean {
  return passesPayloads(spec) && Object.entries(spec.vectors).every(([name, { keep }]) => keep === name);
}

/** Whether the target has every point of the source with the payload that it has there, and no field of it has to be known. */
export function passesPayloads({ source, target, sync }: Spec): boolean {
  const wholePayload = isIdentity(target.payload) && sync.hashField === null;
  return wholePayload && source.filter === null && sync.changedField === null && !target.inPlace;
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

/**
 * The vectors of the target that an application which knows of no change can still write by the old model, and no server refuses: embedded, and of
 * the name and the size of a vector of the source that another model made.
 */
export function poisonable({ spec, resolved, witness }: Pick<Migration, 'spec' | 'resolved' | 'witness'>): string[] {
  if (isInPlace(spec)) return [];
  return embedVectors(spec).flatMap(({ name }) =>
    resolved.sourceVectors[name] === witness[name]?.dimensions && !resolved.sameSpace.includes(name) ? [name] : [],
  );
}
