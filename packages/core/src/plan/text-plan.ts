import type { Issue, Spec } from '@reembed/contracts';
import { isInPlace } from '../domain/recipes-of.ts';
import type { PlanScene } from '../recipes/plan-scene.ts';
import { readsTextsElsewhere } from '../recipes/point-texts.ts';
import { textTemplates } from '../recipes/target-payload.ts';

/** What keeps texts that are not in the payloads from being read at all. */
export function textBlockers({ spec, texts: { fault } }: PlanScene): Issue[] {
  const { url, file } = spec.source.textFrom;
  if (!readsTextsElsewhere(spec)) return [];
  const field = url === null ? 'source.textFrom.file' : 'source.textFrom.url';
  const issue = (message: string): Issue => ({ field, value: url ?? file, message });
  const isFinal = fault?.code === 'text-source-refused' || fault?.code === 'invalid-text-file';
  const unmeasured = Object.entries(spec.vectors).filter(([, { bm25 }]) => bm25?.avgLen === 'measured');
  return [
    ...(textTemplates(spec).length === 0 ? [issue('no vector of the target is made from text: leave it out')] : []),
    ...(fault !== null && isFinal ? [issue(fault.message)] : []),
    ...(fault === null || isFinal
      ? []
      : unmeasured.map(([name]) => ({
          field: `vectors.${JSON.stringify(name)}.bm25.avgLen`,
          value: 'measured',
          message: `no text could be read to measure (${fault.message}): mend that, or give a number`,
        }))),
  ];
}

/** What people forget when texts are not in the payloads. */
export function textReminders({ spec, texts: { fault } }: PlanScene): string[] {
  if (!readsTextsElsewhere(spec)) return [];
  return [
    ...(fault === null
      ? []
      : [`The texts could not be sampled, so tokens, price and lengths are not known, and there is no advice: ${fault.message}`]),
    ...(isInPlace(spec) ? [] : [syncReminder(spec.sync)]),
  ];
}

function syncReminder({ hashField }: Spec['sync']): string {
  return hashField === null
    ? 'A text that changes where source.textFrom has it is in no payload, so sync does not see it: set sync.hashField, which keeps a hash of each text, or write something to the payload with every edit. Without the hash, every point whose payload changes is embedded again.'
    : 'A text that changes where source.textFrom has it is found by sync.hashField: every pass that compares everything asks for the texts of every point.';
}
