import type { Spec } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { isReembedError } from '../domain/error.ts';
import { sourceFilter } from '../domain/source-filter.ts';
import type { Collections, Points } from '../ports/collections.ts';
import type { SourceReading } from '../recipes/plan-scene.ts';

/** Points read to see how texts look. */
const samplePoints = 256;

const nothing: SourceReading = { sample: [], points: 0, allPoints: 0, refusal: null };

/** Counts and samples the points that migrate. */
export async function readSource(
  { collections, points }: { readonly collections: Pick<Collections, 'count'>; readonly points: Pick<Points, 'sample'> },
  spec: Spec,
  source: CollectionInfo | null,
): Promise<SourceReading> {
  if (source === null) return nothing;
  const filter = sourceFilter(spec);
  const allPoints = await collections.count(source.name);
  if (filter === undefined) return { sample: await points.sample(source.name, samplePoints), points: allPoints, allPoints, refusal: null };
  try {
    const matching = await collections.count(source.name, filter);
    return { sample: await points.sample(source.name, samplePoints, { filter }), points: matching, allPoints, refusal: null };
  } catch (error) {
    if (isReembedError(error, 'qdrant-refused')) return { ...nothing, allPoints, refusal: error };
    throw error;
  }
}
