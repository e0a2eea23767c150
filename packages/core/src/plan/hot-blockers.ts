import type { Issue, Spec } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { isReembedError } from '../domain/error.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import type { QueryLog, TextSources } from '../ports/text-sources.ts';
import { sourceOrigins } from '../recipes/plan-scene.ts';
import { label } from '../recipes/target-vector.ts';

/** What keeps the points of `copy.hotFirst` from being found, as far as its file and the source show. */
export async function hotBlockers(
  textSources: Pick<TextSources, 'queryLog'>,
  spec: Spec,
  source: Pick<CollectionInfo, 'vectors' | 'metadata'> | null,
): Promise<Issue[]> {
  const { file } = spec.copy.hotFirst;
  if (file === null) return [];
  const issue = (message: string): Issue => ({ field: 'copy.hotFirst.file', value: file, message });
  if (!isInPlace(spec))
    return [issue('is for vectors that are filled in place: nobody reads a new collection before it is whole. Leave it out')];
  try {
    const log = await textSources.queryLog(file);
    return source === null ? [] : faultsOf(log, spec, source).map(issue);
  } catch (error) {
    if (!isReembedError(error, 'invalid-text-file')) throw error;
    return [issue(error.message)];
  }
}

function faultsOf({ texts, vectors }: QueryLog, spec: Spec, source: Pick<CollectionInfo, 'vectors' | 'metadata'>): string[] {
  const { using, prefetch } = spec.search.old;
  const instead = 'or give the points that were retrieved, {"point": 812}';
  if (texts.size + vectors.size > 0 && prefetch.length > 0)
    return [`has queries, and search.old fuses or ranks lists: leave it out, ${instead}`];
  const size = source.vectors[using]?.size;
  const misfit = [...vectors.keys()].map((vector) => (JSON.parse(vector) as number[]).length).find((length) => length !== size);
  return [
    ...(texts.size > 0 && sourceOrigins(spec, source)[using] === undefined
      ? [`has texts, and what made the old vector ${label(using)} is not known: set source.vectors, ${instead}`]
      : []),
    ...(misfit === undefined
      ? []
      : [`has a vector of ${misfit} dimensions, and ${label(using)} has ${size ?? 'none'}: mend the file, ${instead}`]),
  ];
}
