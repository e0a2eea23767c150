import type { FindingKind, PointId } from '@reembed/contracts';
import { payloadsEqual } from '../domain/payload-text.ts';
import { comparePointIds, type PointPair, type PointText } from '../domain/point.ts';
import type { Listed } from '../ports/state.ts';
import { pairsWithTexts } from '../recipes/point-texts.ts';
import { targetPayloads } from '../recipes/target-payload.ts';
import type { RecipeContext } from '../recipes/target-vector.ts';
import { targetVectors } from '../recipes/target-vectors.ts';

/** A point that is not the same on both sides, with all that differs. `source` or `target` is absent where that side has no such point. */
export type Difference = {
  readonly id: PointId;
  readonly kinds: readonly FindingKind[];
  readonly source?: PointText;
  readonly target?: PointText;
};

/** What differs between a stretch of the source and the same stretch of the target, both in id order. */
export async function differences(
  context: RecipeContext,
  source: readonly PointText[],
  target: readonly PointText[],
): Promise<Difference[]> {
  const { alone, pairs: read } = pairUp(source, target);
  const pairs = await pairsWithTexts(context, read);
  const kinds = await pairKinds(context, pairs);
  const changed = pairs.flatMap((pair, at) => (kinds[at]?.size ? [{ id: pair.source.id, kinds: [...kinds[at]], ...pair }] : []));
  return [...alone, ...changed].sort((a, b) => comparePointIds(a.id, b.id));
}

function pairUp(source: readonly PointText[], target: readonly PointText[]): { alone: Difference[]; pairs: PointPair[] } {
  const alone: Difference[] = [];
  const pairs: PointPair[] = [];
  let at = 0;
  for (const point of source) {
    for (let other = target[at]; other !== undefined && comparePointIds(other.id, point.id) < 0; other = target[++at])
      alone.push(extra(other));
    const other = target[at];
    if (other !== undefined && comparePointIds(other.id, point.id) === 0) {
      pairs.push({ source: point, target: other });
      at++;
    } else {
      alone.push({ id: point.id, kinds: ['missing'], source: point });
    }
  }
  return { alone: [...alone, ...target.slice(at).map(extra)], pairs };
}

function extra(target: PointText): Difference {
  return { id: target.id, kinds: ['extra'], target };
}

/** A page at a time, so that recipes may work on many vectors at once. */
async function pairKinds(context: RecipeContext, pairs: readonly PointPair[]): Promise<Set<FindingKind>[]> {
  const payloads = targetPayloads(context.spec);
  const kinds = pairs.map(({ source, target }) => {
    const wanted = payloads.of(source);
    const same = 'payload' in wanted && payloadsEqual(wanted.payload, target.payload);
    return new Set<FindingKind>(same ? [] : ['payload-differs']);
  });
  for (const vector of targetVectors(context.spec)) {
    const found = await vector.check(context, pairs);
    for (const [at, kind] of found.entries()) if (kind !== null) kinds[at]?.add(kind);
  }
  return kinds;
}

/** Differences as the store counts them: one finding for every kind of every point. */
export function findingsOf(found: readonly Difference[]): Listed[] {
  return found.flatMap(({ id, kinds }) => kinds.map((kind) => ({ kind, id })));
}
