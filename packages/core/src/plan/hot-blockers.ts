import type { Issue, Spec } from '@reembed/contracts';
import { isReembedError } from '../domain/error.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import type { TextSources } from '../ports/text-sources.ts';

/** What keeps the points of `copy.hotFirst` from being found, as far as its file shows. */
export async function hotBlockers(textSources: Pick<TextSources, 'queryLog'>, spec: Spec): Promise<Issue[]> {
  const { file } = spec.copy.hotFirst;
  if (file === null) return [];
  const issue = (message: string): Issue => ({ field: 'copy.hotFirst.file', value: file, message });
  if (!isInPlace(spec))
    return [issue('is for vectors that are filled in place: nobody reads a new collection before it is whole. Leave it out')];
  const { old } = spec.search;
  try {
    const { texts, vectors } = await textSources.queryLog(file);
    const asksMany = texts.size + vectors.size > 0 && old.prefetch.length > 0;
    return asksMany ? [issue('has queries, and search.old fuses or ranks lists: give the points that were retrieved, {"point": 812}')] : [];
  } catch (error) {
    if (!isReembedError(error, 'invalid-text-file')) throw error;
    return [issue(error.message)];
  }
}
