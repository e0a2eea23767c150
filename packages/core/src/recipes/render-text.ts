import {
  formatPayloadPath,
  type PayloadStep,
  parsePayloadPath,
  parseTemplate,
  type TemplateField,
  type TemplatePart,
} from '@reembed/contracts';
import { fieldTexts, readPayloadField } from '../domain/payload-field.ts';
import type { PointText } from '../domain/point.ts';
import { llamaIndexText } from './llama-index-text.ts';

/** A template to be rendered over many payloads. Null: it cannot be read, as only one can that another version has kept, and gives no text. */
export type Template = { readonly parts: readonly TemplatePart[] } | null;

const mostKept = 100;
const kept = new Map<string, Template>();

/** The template, read once however many payloads it is rendered over. */
export function readTemplate(template: string): Template {
  const before = kept.get(template);
  if (before !== undefined) return before;
  const read = parseTemplate(template);
  if (kept.size >= mostKept) kept.clear();
  const fresh = 'parts' in read ? read : null;
  kept.set(template, fresh);
  return fresh;
}

/** The payload fields a template names, each once, in order. */
export function templateFields(template: string): TemplateField[] {
  const fields = readTemplate(template)?.parts.filter((part) => typeof part === 'object') ?? [];
  return fields.filter(({ source }, at) => fields.findIndex((other) => other.source === source) === at);
}

/** The template with other paths for its fields. */
export function withPaths(template: string, rename: (steps: readonly PayloadStep[]) => readonly PayloadStep[]): Template {
  const read = readTemplate(template);
  return read && { parts: read.parts.map((part) => (typeof part === 'object' ? { ...part, steps: rename(part.steps) } : part)) };
}

/** The same as text, to be kept. */
export function templateWithPaths(template: string, rename: (steps: readonly PayloadStep[]) => readonly PayloadStep[]): string {
  const parts = withPaths(template, rename)?.parts ?? [];
  return parts
    .map((part) => {
      if (typeof part === 'string') return part.replace(/[{}]+/g, "{{'$&'}}");
      return `{{${formatPayloadPath(part.steps)}${part.llamaIndex ? ' | llamaindex' : ''}}}`;
    })
    .join('');
}

/**
 * The text of a point: every `{{path}}` replaced by the payload's value, nothing else interpreted. Numbers stand as the payload spells
 * them, lists and objects are joined with a comma, null and absent fields are empty.
 * Null where no field has any text: literal words of the template alone are no text of the point. Whatever changes a text here counts `textRules` up.
 * `elsewhere`: what `source.textFrom` has for the point. Its fields go before the payload's of the same name; null: there is no text.
 */
export function renderText(template: string | Template, payload: string, elsewhere?: string | null): string | null {
  const read = typeof template === 'string' ? readTemplate(template) : template;
  if (elsewhere === null || read === null) return null;
  let found = false;
  const texts = read.parts.map((part) => {
    if (typeof part === 'string') return part;
    const value = partText(part, payload, elsewhere);
    if (value.trim() !== '') found = true;
    return value;
  });
  return found ? texts.join('').trim().toWellFormed() : null;
}

/** What a template gives for a point. */
export function textOf(template: string | Template, { payload, elsewhere }: Pick<PointText, 'payload' | 'elsewhere'>): string | null {
  return renderText(template, payload, elsewhere);
}

/** The text of one field of a template. */
export function partText(field: Pick<TemplateField, 'steps' | 'llamaIndex'>, payload: string, elsewhere?: string | null): string {
  const inOne = (json: string) => (field.llamaIndex ? nodeText(json, field.steps) : readPayloadField(json, field.steps));
  return valueText((elsewhere ? inOne(elsewhere) : null) ?? inOne(payload));
}

function nodeText(json: string, steps: readonly PayloadStep[]): string | undefined {
  return fieldTexts(json, steps)?.map(llamaIndexText).join(', ');
}

/** The text of the field at a path, of `elsewhere` where that has it; empty where it is absent, null or holds none, and where the path is none. */
export function fieldText(payload: string, path: string, elsewhere?: string | null): string {
  const steps = parsePayloadPath(path);
  return steps === null ? '' : partText({ steps, llamaIndex: false }, payload, elsewhere);
}

/** The keys of a payload that hold all that a path leads to, as Qdrant names them: it reads neither places in lists nor JSON within strings. */
export function payloadKey(steps: readonly PayloadStep[]): string {
  return formatPayloadPath(steps.slice(0, 1));
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return String(value);
  return Object.values(value)
    .map(valueText)
    .filter((text) => text !== '')
    .join(', ');
}
