import type { Spec } from '@reembed/contracts';
import { addedNames, besideKeptNames, isInPlace, keptVectors } from '../domain/recipes-of.ts';
import type { TargetVector } from './target-vector.ts';
import { targetVectors } from './target-vectors.ts';

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
