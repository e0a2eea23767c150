import type { FindingKind, PointId } from '@reembed/contracts';
import type { Migration } from '../migration.ts';
import { comparePointIds } from '../point-id.ts';
import type { PointText } from '../ports/collections.ts';
import type { Listed } from '../ports/state.ts';
import { payloadsEqual } from '../recipes/payload-equal.ts';
import { renderText } from '../recipes/render-text.ts';
import { embedVectors, keptVectors } from '../recipes/target-vectors.ts';
import { vectorFault, vectorsAgree } from '../recipes/vector-text.ts';

/** A point that is not the same on both sides, with all that differs. `source` or `target` is absent where that side has no such point. */
export type Difference = {
  readonly id: PointId;
  readonly kinds: readonly FindingKind[];
  readonly source?: PointText;
  readonly target?: PointText;
};

/** What differs between a stretch of the source and the same stretch of the target, both in id order. */
export function differences(migration: Pick<Migration, 'spec'>, source: readonly PointText[], target: readonly PointText[]): Difference[] {
  const found: Difference[] = [];
  let at = 0;
  for (const point of source) {
    for (let other = target[at]; other !== undefined && comparePointIds(other.id, point.id) < 0; other = target[++at])
      found.push(extra(other));
    const other = target[at];
    if (other === undefined || comparePointIds(other.id, point.id) !== 0) {
      found.push({ id: point.id, kinds: ['missing'], source: point });
      continue;
    }
    at++;
    const kinds = pointDifferences(migration, point, other);
    if (kinds.length > 0) found.push({ id: point.id, kinds, source: point, target: other });
  }
  return [...found, ...target.slice(at).map(extra)];
}

function extra(target: PointText): Difference {
  return { id: target.id, kinds: ['extra'], target };
}

function pointDifferences({ spec }: Pick<Migration, 'spec'>, source: PointText, target: PointText): FindingKind[] {
  const kinds = new Set<FindingKind>();
  if (!payloadsEqual(source.payload, target.payload)) kinds.add('payload-differs');
  for (const { name, from } of keptVectors(spec)) {
    const before = source.vectors[from];
    const after = target.vectors[name];
    if (before === undefined ? after !== undefined : after === undefined || !vectorsAgree(before, after)) {
      kinds.add(after === undefined ? 'vector-missing' : 'vector-differs');
    }
  }
  for (const { name, recipe } of embedVectors(spec)) {
    const vector = target.vectors[name];
    const fault = vector === undefined ? null : vectorFault(vector);
    if (fault !== null) kinds.add(fault === 'zero' ? 'vector-zero' : 'vector-not-finite');
    if (vector === undefined && renderText(recipe.text, source.payload) !== null) kinds.add('vector-missing');
  }
  return [...kinds];
}

/** Differences as the store counts them: one finding for every kind of every point. */
export function findingsOf(found: readonly Difference[]): Listed[] {
  return found.flatMap(({ id, kinds }) => kinds.map((kind) => ({ kind, id })));
}
