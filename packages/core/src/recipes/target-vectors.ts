import type { Spec, VectorSpec } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import { addedNames, besideKeptNames, isInPlace, keptVectors, matchRecipe } from '../domain/recipes-of.ts';
import type { LearnedMaps, Projection } from '../ports/learned-maps.ts';
import { bm25Recipe } from './bm25-recipe.ts';
import { embedRecipe } from './embed-recipe.ts';
import { inferenceRecipe } from './inference-recipe.ts';
import { keepRecipe } from './keep-recipe.ts';
import { multivectorRecipe } from './multivector-recipe.ts';
import { projectRecipe } from './project-recipe.ts';
import { sparseRecipe } from './sparse-recipe.ts';
import type { TargetVector } from './target-vector.ts';
import { truncateRecipe } from './truncate-recipe.ts';

/** Every vector of the target with its recipe, those that cost nothing first. */
export function targetVectors(spec: Pick<Spec, 'vectors'>): TargetVector[] {
  const all = Object.entries(spec.vectors).map(([name, vector]) => targetVector(name, vector));
  return [...all.filter(({ paid }) => !paid), ...all.filter(({ paid }) => paid)];
}

function targetVector(name: string, vector: VectorSpec): TargetVector {
  return matchRecipe(vector, {
    embed: (recipe) => (recipe.via === 'qdrant' ? inferenceRecipe : embedRecipe)(name, recipe, vector),
    keep: (from) => keepRecipe(name, from, vector),
    truncate: (recipe) => truncateRecipe(name, recipe, vector),
    bm25: (recipe) => bm25Recipe(name, recipe, vector),
    project: (recipe) => projectRecipe(name, recipe, vector),
    sparse: (recipe) => sparseRecipe(name, recipe, vector),
    multivector: (recipe) => multivectorRecipe(name, recipe, vector),
  });
}

/** A vector that points of a live collection are given, and under which names that collection holds what it is made from. */
export type FilledVector = {
  readonly vector: TargetVector;
  /** Source vector name to the name it has in the collection. */
  readonly readsFrom: ReadonlyMap<string, string>;
};

/**
 * The vectors that points are given where they live, because there is no second copy to follow: those that an in-place migration adds, and
 * those that an application which does not know them yet leaves out after the switch, wherever the old vector stays beside them.
 */
export function filledVectors(spec: Spec): FilledVector[] {
  const names = isInPlace(spec) ? addedNames(spec) : besideKeptNames(spec);
  const nameOf = isInPlace(spec) ? new Map<string, string>() : new Map(keptVectors(spec).map(({ name, from }) => [from, name]));
  return targetVectors(spec)
    .filter(({ name }) => names.includes(name))
    .map((vector) => ({ vector, readsFrom: new Map(vector.reads.map((name) => [name, nameOf.get(name) ?? name])) }));
}

/** The vectors that an in-place migration adds: all but those that stay as they are. */
export function addedVectors(spec: Pick<Spec, 'vectors'>): TargetVector[] {
  const names = addedNames(spec);
  return targetVectors(spec).filter(({ name }) => names.includes(name));
}

/** The learned maps of a migration, by target vector name: those that it was planned with, and no others. Throws as `LearnedMaps.projection`. */
export async function projectionsOf(
  adapters: LearnedMaps,
  { spec, resolved }: Pick<Migration, 'spec' | 'resolved'>,
): Promise<Record<string, Projection>> {
  const wanted = Object.entries(spec.vectors).flatMap(([name, { project }]) => (project === undefined ? [] : [{ name, ...project }]));
  const read = wanted.map(async ({ name, adapter }) => {
    const pinned = resolved.adapters[name];
    if (pinned === undefined) throw new Error(`no adapter was planned for vector "${name}"`);
    return [name, await adapters.projection(adapter, pinned.sha256)] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}
