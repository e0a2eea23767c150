import type { Spec } from '@reembed/contracts';
import { isReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import type { TextSources } from '../ports/text-sources.ts';
import type { TextReading } from '../recipes/plan-scene.ts';
import { withTextsOnce } from '../recipes/point-texts.ts';

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
