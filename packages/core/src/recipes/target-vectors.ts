import type { EmbedRecipe, Spec, VectorSpec } from '@reembed/contracts';

/** The vectors of the target that an `embed` recipe makes, by name. */
export function embedVectors(spec: Spec): { name: string; recipe: EmbedRecipe; vector: VectorSpec }[] {
  return Object.entries(spec.vectors).flatMap(([name, vector]) =>
    vector.embed === undefined ? [] : [{ name, recipe: vector.embed, vector }],
  );
}

/** The vectors of the target that are copied: target name and source name. */
export function keptVectors(spec: Spec): { name: string; from: string; vector: VectorSpec }[] {
  return Object.entries(spec.vectors).flatMap(([name, vector]) => (vector.keep === undefined ? [] : [{ name, from: vector.keep, vector }]));
}
