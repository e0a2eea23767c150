import type { Spec } from '@reembed/contracts';
import { isReembedError, type ReembedError } from '../domain/error.ts';
import { sourceFilter } from '../domain/source-filter.ts';
import type { CollectionInfo, Collections, Points, PointText } from '../ports/collections.ts';

/** Points read to see how texts look. */
const samplePoints = 256;

/** What a plan knows of the source's points. */
export type SourceReading = {
  /** Points that migrate, at random, with payloads. */
  readonly sample: readonly PointText[];
  /** How many points migrate, exactly, and how many there are. */
  readonly points: number;
  readonly allPoints: number;
  /** Why Qdrant does not read by the filter: it is malformed, or strict mode wants an index for it. Null where it does. */
  readonly refusal: ReembedError | null;
};

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
