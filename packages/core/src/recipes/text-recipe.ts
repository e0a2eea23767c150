import type { EmbedRecipe, Issue } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import type { PointPair, PointText } from '../domain/point.ts';
import type { SetAsideEntry } from '../domain/set-aside.ts';
import { setAsideEntry } from '../domain/set-aside.ts';
import { listed } from '../domain/words.ts';
import type { PlanScene } from './plan-scene.ts';
import { fieldText, templateFields, textOf } from './render-text.ts';
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
export function reuseSameText(name: string, template: string, { source, target }: PointPair, payloads: TargetPayloads): string | null {
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
  const absent = templateFields(template).filter((field) =>
    sample.every(({ payload, elsewhere }) => fieldText(payload, field, elsewhere).trim() === ''),
  );
  const present = [...new Set(sample.flatMap(({ payload, elsewhere }) => [payload, elsewhere ?? '{}'].flatMap(keysOf)))];
  return absent.map((field) => ({
    field: `${path}.text`,
    value: template,
    message: `"${field}" has a value in none of ${sample.length} sampled points; they have: ${listed(present)}`,
  }));
}

function keysOf(json: string): string[] {
  return Object.keys(JSON.parse(json) as object);
}
