import { spellDouble } from './decimal.ts';
import type { JsonValue } from './json-value.ts';

/** The compact text of a value, spelled as Qdrant spells it. */
export function jsonText(value: JsonValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return spellDouble(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  let text = '';
  for (const [key, item] of value) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${jsonText(item)}`;
  return `{${text}}`;
}
