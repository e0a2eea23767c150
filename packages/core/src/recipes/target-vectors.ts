import type { Spec, VectorSpec } from '@reembed/contracts';
import { bm25Recipe } from './bm25-recipe.ts';
import { embedRecipe } from './embed-recipe.ts';
import { inferenceRecipe } from './inference-recipe.ts';
import { keepRecipe } from './keep-recipe.ts';
import { projectRecipe } from './project-recipe.ts';
import type { TargetVector } from './target-vector.ts';
import { truncateRecipe } from './truncate-recipe.ts';

/** Every vector of the target with its recipe, those that cost nothing first. */
export function targetVectors(spec: Pick<Spec, 'vectors'>): TargetVector[] {
  const all = Object.entries(spec.vectors).map(([name, vector]) => targetVector(name, vector));
  return [...all.filter(({ paid }) => !paid), ...all.filter(({ paid }) => paid)];
}

function targetVector(name: string, vector: VectorSpec): TargetVector {
  if (vector.embed?.via === 'qdrant') return inferenceRecipe(name, vector.embed, vector);
  if (vector.embed !== undefined) return embedRecipe(name, vector.embed, vector);
  if (vector.keep !== undefined) return keepRecipe(name, vector.keep, vector);
  if (vector.truncate !== undefined) return truncateRecipe(name, vector.truncate, vector);
  if (vector.bm25 !== undefined) return bm25Recipe(name, vector.bm25, vector);
  if (vector.project !== undefined) return projectRecipe(name, vector.project, vector);
  throw new Error(`vector "${name}" has a recipe that is not built`);
}
