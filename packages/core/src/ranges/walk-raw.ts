import type { PointId, Spec } from '@reembed/contracts';
import { comparePointIds } from '../domain/point.ts';
import { passesPayloads, recipesOf } from '../domain/recipes-of.ts';
import type { Likeness, RawPoint } from '../ports/collections.ts';
import { createPageCursor } from './page-cursor.ts';
import type { RangeContext } from './range-context.ts';
import { actsByIt, type ReadRange, readRangeRaw, targetRead } from './read-pages.ts';

/** A stretch of both sides: the points that are not known to be alike, and how many the source has. */
export type RawStretch = { readonly unlike: readonly PointId[]; readonly points: number; readonly next: PointId | null };

/**
 * A walk over both sides as the bytes that the store sends, which say of most points that nothing is to be done; null where they cannot say it. What an
 * act goes by is read as text: a switch keeps hashes of it.
 */
export function createRawWalk({ carrier, migration }: RangeContext, read: ReadRange): { stretches(): AsyncGenerator<RawStretch> } | null {
  const { spec, phase } = migration;
  const likeness = likenessOf(spec);
  if (carrier === null || likeness === null || actsByIt(phase)) return null;
  return {
    async *stretches() {
      const source = readRangeRaw(carrier, read);
      const target = createPageCursor(readRangeRaw(carrier, targetRead(read, spec.target.collection, Object.keys(spec.vectors))));
      try {
        for await (const { points, next } of source) {
          const isAlike = (one: RawPoint, other: RawPoint) => carrier.isAlike(one, other, likeness);
          yield { unlike: unlikeIds(points, await target.before(next), isAlike), points: points.length, next };
        }
      } finally {
        await Promise.all([source.return(undefined), target.close()]);
      }
    },
  };
}

/** What a point of the target has to be like; null where payloads or vectors have to be looked into. */
export function likenessOf(spec: Spec): Likeness | null {
  if (!passesPayloads(spec)) return null;
  const [kept, made]: [{ name: string; from: string }[], string[]] = [[], []];
  for (const { name, recipe, reads } of recipesOf(spec)) {
    const [from] = reads;
    if (recipe === 'keep' && from !== undefined) kept.push({ name, from });
    else if (spec.vectors[name]?.embed?.via === 'worker') made.push(name);
    else return null;
  }
  return { kept, made };
}

/** Those of either side, both in scroll order, that the other has not, or not alike. In scroll order. */
function unlikeIds(
  source: readonly RawPoint[],
  target: readonly RawPoint[],
  isAlike: (source: RawPoint, target: RawPoint) => boolean,
): PointId[] {
  const unlike: PointId[] = [];
  let at = 0;
  for (const point of source) {
    for (let other = target[at]; other !== undefined && comparePointIds(other.id, point.id) < 0; other = target[++at])
      unlike.push(other.id);
    const other = target[at];
    const isSameId = other !== undefined && comparePointIds(other.id, point.id) === 0;
    if (isSameId) at++;
    if (!isSameId || !isAlike(point, other)) unlike.push(point.id);
  }
  for (const { id } of target.slice(at)) unlike.push(id);
  return unlike;
}
