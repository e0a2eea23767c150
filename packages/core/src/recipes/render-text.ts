import { readPayloadField } from '../payload-text.ts';

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
 */
export function renderText(template: string, payload: string): string | null {
  let found = false;
  const text = template.replace(placeholder, (_, field: string) => {
    const value = fieldText(payload, field);
    if (value.trim() !== '') found = true;
    return value;
  });
  return found ? text.trim().toWellFormed() : null;
}

/** The text of one field; empty where it is absent, null or holds none. */
export function fieldText(payload: string, field: string): string {
  return valueText(readPayloadField(payload, field.split('.')));
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return String(value);
  return Object.values(value)
    .map(valueText)
    .filter((text) => text !== '')
    .join(', ');
}
