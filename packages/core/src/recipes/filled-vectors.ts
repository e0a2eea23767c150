import type { Spec } from '@reembed/contracts';
import type { TargetVector } from './target-vector.ts';
import { keptVectors, targetVectors } from './target-vectors.ts';

/** A vector that points of a live collection are given, and under which names that collection holds what it is made from. */
export type FilledVector = {
  readonly vector: TargetVector;
  /** Source vector name to the name it has in the collection. */
  readonly readsFrom: ReadonlyMap<string, string>;
};

/** Whether the vectors are added to the source itself. */
export function isInPlace({ target }: Pick<Spec, 'target'>): boolean {
  return target.inPlace;
}

/**
 * The vectors that points are given where they live, because there is no second copy to follow: those that an in-place migration adds, and
 * those that an application which does not know them yet leaves out after the switch, wherever the old vector stays beside them.
 */
export function filledVectors(spec: Spec): FilledVector[] {
  return isInPlace(spec) ? addedVectors(spec).map((vector) => ({ vector, readsFrom: sameNames(vector) })) : besideKept(spec);
}

/** Whether points may lack a vector after the switch, so that filling goes on until the migration is completed. */
export function fillsAfterSwitch(spec: Spec): boolean {
  return !isInPlace(spec) && besideKept(spec).length > 0;
}

/** The vectors that an in-place migration adds: all but those that stay as they are. */
export function addedVectors(spec: Pick<Spec, 'vectors'>): TargetVector[] {
  return targetVectors(spec).filter(({ name, recipe, reads }) => recipe !== 'keep' || reads[0] !== name);
}

function sameNames({ reads }: TargetVector): ReadonlyMap<string, string> {
  return new Map(reads.map((name) => [name, name]));
}

function besideKept(spec: Spec): FilledVector[] {
  const kept = new Map(keptVectors(spec).map(({ name, from }) => [from, name]));
  // A mapped payload has not the fields by the names the recipes know.
  if (kept.size === 0 || !isWholePayload(spec)) return [];
  return targetVectors(spec)
    .filter(({ recipe, reads }) => recipe !== 'keep' && reads.every((name) => kept.has(name)))
    .map((vector) => ({ vector, readsFrom: new Map(vector.reads.map((name) => [name, kept.get(name) ?? name])) }));
}

/** Whether the target has the fields of its source by the same names. */
export function isWholePayload({ target: { payload } }: Spec): boolean {
  return payload.include.length === 0 && payload.exclude.length === 0 && Object.keys(payload.rename).length === 0;
}
