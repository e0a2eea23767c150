import type { PinnedTextFile, Spec } from '@reembed/contracts';
import { isReembedError, type ReembedError } from '../domain/error.ts';
import type { PointText } from '../ports/collections.ts';
import type { TextSources } from '../ports/text-sources.ts';
import { withTextsOnce } from '../recipes/point-texts.ts';

/** What a plan knows of texts that are not in the payloads. */
export type TextReading = {
  /** The file of `source.textFrom.file`; null without one. */
  readonly file: PinnedTextFile | null;
  /** Why the sampled texts could not be read; null: they were, or the payloads have them. */
  readonly fault: ReembedError | null;
};

/** The sample with what `source.textFrom` has for it. Asked in one try: a plan says what it could not see. */
export async function readTexts(
  sources: TextSources,
  spec: Spec,
  sample: readonly PointText[],
): Promise<{ sample: readonly PointText[]; texts: TextReading }> {
  try {
    const name = spec.source.textFrom.file;
    const file = name === null ? null : await sources.pin(name);
    return { sample: await withTextsOnce(sources, { spec, resolved: { textFile: file } }, sample), texts: { file, fault: null } };
  } catch (error) {
    if (isReembedError(error)) return { sample, texts: { file: null, fault: error } };
    throw error;
  }
}
