import type { EarlierTarget } from '@reembed/contracts';
import { isReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import { byId, type PointIdMap } from '../domain/point-id-set.ts';
import type { Reuse } from '../recipes/apply-recipes.ts';
import { reuseEarlier } from '../recipes/earlier-vectors.ts';
import type { RangeContext } from './range-context.ts';

type Context = Pick<RangeContext, 'migration' | 'points' | 'signal'>;

/**
 * Takes the vectors of these source points from the target of the earlier migration, where they are still right. It is read by an alias of
 * that very collection: where that is gone, whatever has its name by now, every text is embedded.
 */
export async function readEarlier(context: Context, page: readonly PointText[]): Promise<Reuse> {
  const { earlier } = context.migration.resolved;
  if (!earlier?.alias || page.length === 0) return () => null;
  return reuseEarlier(earlier, await storedThere(context, { ...earlier, alias: earlier.alias }, page));
}

async function storedThere(
  { points, signal }: Context,
  { alias, vectors }: { readonly alias: string } & Pick<EarlierTarget, 'vectors'>,
  page: readonly PointText[],
): Promise<PointIdMap<PointText>> {
  try {
    const ids = page.map(({ id }) => id);
    return byId(await points.retrieve(alias, { ids, payload: true, vectors: [...new Set(Object.values(vectors))], signal }));
  } catch (error) {
    // Refused: somebody dropped one of its vectors.
    if (isReembedError(error, 'qdrant-not-found') || isReembedError(error, 'qdrant-refused')) return byId([]);
    throw error;
  }
}
