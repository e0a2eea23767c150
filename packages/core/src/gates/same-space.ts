import type { SearchProfile, Spec } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import type { SameSpaceChange } from '../quality/quality-verdict.ts';

/**
 * What became of the searched vector where it stays in the old model's space, so that results should stay as they are; null where they may
 * differ: another model (a learned map leads into its space too), another vector, or candidates that are fused.
 */
export function sameSpaceChange(
  { vectors, search, target }: Spec,
  profile: SearchProfile,
  source: Pick<CollectionInfo, 'quantizationConfig'>,
): SameSpaceChange | null {
  const searched = vectors[profile.using];
  if (searched === undefined || profile.prefetch.length > 0 || search.old.prefetch.length > 0) return null;
  if (searched.truncate?.vector === search.old.using) return 'truncate';
  if (searched.keep !== search.old.using) return null;
  const { quantization_config: wanted } = target.settings;
  const requantized = wanted !== undefined && JSON.stringify(wanted) !== JSON.stringify(source.quantizationConfig);
  return requantized || 'quantization_config' in searched.settings || 'datatype' in searched.settings ? 'int8' : 'copy';
}
