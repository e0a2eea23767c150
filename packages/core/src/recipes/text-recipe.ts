import { type EmbedRecipe, formatPayloadPath, type Issue, type PayloadStep, type TemplateField } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import { pathsBelow } from '../domain/payload-field.ts';
import type { PointPair, PointText } from '../domain/point.ts';
import type { SetAsideEntry } from '../domain/set-aside.ts';
import { setAsideEntry } from '../domain/set-aside.ts';
import { listed } from '../domain/words.ts';
import type { PlanScene } from './plan-scene.ts';
import { partText, templateFields, textOf } from './render-text.ts';
import { vectorFault } from './stored-vector.ts';
import type { TargetPayloads } from './target-payload.ts';

/** One text of one point on its way through a recipe. */
export type WantedText = { readonly point: PointText; readonly text: string };

/** The texts of a page, and the points set aside for want of one. Throws `text-missing` where the spec says `onMissingText: fail`. */
export function wantedTexts(name: string, recipe: Pick<EmbedRecipe, 'text' | 'onMissingText'>, points: readonly PointText[]) {
  const wanted: WantedText[] = [];
  const setAside = new Map<PointText, SetAsideEntry>();
  for (const point of points) {
    const text = textOf(recipe.text, point);
    if (text !== null) {
      wanted.push({ point, text });
      continue;
    }
    const problem = `point ${point.id.id} has no text: ${whyNone(recipe.text, point)}; set text or onMissingText`;
    if (recipe.onMissingText === 'fail') throw new ReembedError('text-missing', problem);
    if (recipe.onMissingText === 'quarantine') setAside.set(point, setAsideEntry(point, name, 'text-missing', problem));
  }
  return { wanted, setAside };
}

function whyNone(template: string, { elsewhere }: PointText): string {
  if (elsewhere === null) return 'source.textFrom has none for it';
  const where = elsewhere === undefined ? 'in its payload' : 'in its payload or in what source.textFrom has';
  return `no field of ${JSON.stringify(template)} has a value ${where}`;
}

/** The stored vector, where it was made from the text that the source has now and nothing is wrong with it. */
export function reuseSameText(
  name: string,
  template: string,
  { source, target }: PointPair,
  payloads: Pick<TargetPayloads, 'sameText'>,
): string | null {
  const stored = target.vectors[name];
  if (stored === undefined || vectorFault(stored) !== null) return null;
  return payloads.sameText(template, source, target) ? stored : null;
}

/** A model's vector is not made again to be compared: it has to be there where there is a text, finite and not zero. */
export function checkPresence(name: string, template: string, { source, target }: PointPair) {
  const stored = target.vectors[name];
  if (stored !== undefined) return vectorFault(stored);
  return textOf(template, source) === null ? null : 'vector-missing';
}

/** A template that names fields no sampled point has. */
export function templateBlockers(path: string, template: string, { sample, texts }: Pick<PlanScene, 'sample' | 'texts'>): Issue[] {
  if (sample.length === 0 || texts.fault !== null) return [];
  const absent = templateFields(template).filter(isAbsent(sample));
  return absent.map((field) => ({
    field: `${path}.text`,
    value: template,
    message: `"${field.source}" has a value in none of ${sample.length} sampled points; ${whatIsThere(sample, field)}`,
  }));
}

function isAbsent(sample: PlanScene['sample']) {
  return (field: TemplateField) => sample.every(({ payload, elsewhere }) => partText(field, payload, elsewhere).trim() === '');
}

/** The names beside the one that is not there: in the deepest part of its path that is. */
function whatIsThere(sample: PlanScene['sample'], { steps }: TemplateField): string {
  for (let depth = steps.length - 1; depth > 0; depth--) {
    const above = steps.slice(0, depth);
    const names = namesBelow(sample, above);
    if (names.length > 0) return `"${formatPayloadPath(above)}" has: ${listed(names)}`;
  }
  return `they have: ${listed(namesBelow(sample, []))}`;
}

function namesBelow(sample: PlanScene['sample'], steps: readonly PayloadStep[]): string[] {
  return [...new Set(sample.flatMap(({ payload, elsewhere }) => [payload, elsewhere ?? '{}'].flatMap((json) => pathsBelow(json, steps))))];
}
