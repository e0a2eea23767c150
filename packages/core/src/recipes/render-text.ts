import { readPayloadField } from '../domain/payload-text.ts';
import type { PointText } from '../domain/point.ts';

const placeholder = /\{\{\s*([^{}\s]+)\s*\}\}/g;

/** The dotted payload fields a template names, each once, in order. */
export function templateFields(template: string): string[] {
  return [...new Set([...template.matchAll(placeholder)].map((match) => match[1] ?? ''))];
}

/** The template with other names for its fields. */
export function withFields(template: string, rename: (field: string) => string): string {
  return template.replace(placeholder, (_, field: string) => `{{${rename(field)}}}`);
}

/**
 * The text of a point: every `{{field}}` replaced by the payload's value, nothing else interpreted. Fields are dotted paths, numbers
 * stand as the payload spells them, arrays are joined with a comma, null and absent fields are empty.
 * Null where no field has any text: literal words of the template alone are no text of the point.
 * `elsewhere`: what `source.textFrom` has for the point. Its fields go before the payload's of the same name; null: there is no text.
 */
export function renderText(template: string, payload: string, elsewhere?: string | null): string | null {
  if (elsewhere === null) return null;
  let found = false;
  const text = template.replace(placeholder, (_, field: string) => {
    const value = fieldText(payload, field, elsewhere);
    if (value.trim() !== '') found = true;
    return value;
  });
  return found ? text.trim().toWellFormed() : null;
}

/** The text of one field, of `elsewhere` where that has it; empty where it is absent, null or holds none. */
export function fieldText(payload: string, field: string, elsewhere?: string | null): string {
  const path = field.split('.');
  return valueText((elsewhere ? readPayloadField(elsewhere, path) : null) ?? readPayloadField(payload, path));
}

/** What a template gives for a point. */
export function textOf(template: string, { payload, elsewhere }: Pick<PointText, 'payload' | 'elsewhere'>): string | null {
  return renderText(template, payload, elsewhere);
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return String(value);
  return Object.values(value)
    .map(valueText)
    .filter((text) => text !== '')
    .join(', ');
}
