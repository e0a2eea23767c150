import { fieldTexts, readPayloadField } from '../domain/payload-field.ts';
import { skipJsonValue, walkJsonArray, walkJsonObject } from '../domain/payload-text.ts';

/**
 * The text that LlamaIndex embeds of a node it has stored (`node.get_content(MetadataMode.EMBED)` of llama_index/core/schema.py): a line for
 * every metadata entry that is not excluded, then the text, by the node's own templates. `node`: the node's JSON as an object, or within a
 * string, as it stands in `_node_content`. Empty where it is no such node, or its templates hold more than the names they are filled with.
 */
export function llamaIndexText(node: string): string {
  const payload = `{"node":${node}}`;
  const read = (...path: string[]) => readPayloadField(payload, ['node', ...path]);
  const text = read('text') ?? read('text_resource', 'text');
  if (typeof text !== 'string') return '';
  const [metadata] = fieldTexts(payload, ['node', 'metadata']) ?? [];
  const excluded = read('excluded_embed_metadata_keys') ?? [];
  const separator = textOr(read('metadata_separator') ?? read('metadata_seperator'), '\n');
  const line = textOr(read('metadata_template'), '{key}: {value}');
  const lines = entriesOf(metadata ?? '{}')
    .filter(([key]) => !Array.isArray(excluded) || !excluded.includes(key))
    .map(([key, value]) => filled(line, { key, value }));
  if (lines.includes(null)) return '';
  const metadataText = lines.join(separator).trim();
  if (metadataText === '') return text;
  return filled(textOr(read('text_template'), '{metadata_str}\n\n{content}'), { metadata_str: metadataText, content: text })?.trim() ?? '';
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

/** Python's `str.format` as far as such templates go; null where one holds more. */
function filled(template: string, values: Readonly<Record<string, string>>): string | null {
  let isPlain = true;
  const text = template.replace(/\{\{|\}\}|\{(\w*)\}|[{}]/g, (brace, name?: string) => {
    if (brace === '{{' || brace === '}}') return brace.slice(1);
    const value = name === undefined || !Object.hasOwn(values, name) ? undefined : values[name];
    isPlain &&= value !== undefined;
    return value ?? '';
  });
  return isPlain ? text : null;
}

function entriesOf(object: string): [key: string, value: string][] {
  const entries: [string, string][] = [];
  if (object.startsWith('{'))
    walkJsonObject(object, 0, (key, valueAt) => {
      const end = skipJsonValue(object, valueAt);
      entries.push([key, pythonText(object.slice(valueAt, end))]);
      return end;
    });
  return entries;
}

/** What Python's `str` makes of a JSON value: a string as it is. */
function pythonText(json: string): string {
  return json.startsWith('"') ? (JSON.parse(json) as string) : pythonLiteral(json);
}

/** What Python's `repr` makes of a JSON value. Numbers are spelled by Python already. */
function pythonLiteral(json: string): string {
  const parts: string[] = [];
  if (json.startsWith('{')) {
    walkJsonObject(json, 0, (key, valueAt) => {
      const end = skipJsonValue(json, valueAt);
      parts.push(`${quoted(key)}: ${pythonLiteral(json.slice(valueAt, end))}`);
      return end;
    });
    return `{${parts.join(', ')}}`;
  }
  if (json.startsWith('[')) {
    walkJsonArray(json, 0, (itemAt) => {
      const end = skipJsonValue(json, itemAt);
      parts.push(pythonLiteral(json.slice(itemAt, end)));
      return end;
    });
    return `[${parts.join(', ')}]`;
  }
  if (json.startsWith('"')) return quoted(JSON.parse(json) as string);
  return { true: 'True', false: 'False', null: 'None' }[json] ?? json;
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = [...text].map((character) => {
    if (character === quote || character === '\\') return `\\${character}`;
    return character === ' ' || !/[\p{C}\p{Z}]/u.test(character) ? character : escapedCode(character);
  });
  return `${quote}${escaped.join('')}${quote}`;
}

function escapedCode(character: string): string {
  const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
  const code = (character.codePointAt(0) ?? 0).toString(16);
  if (short !== undefined) return short;
  return code.length <= 2
    ? `\\x${code.padStart(2, '0')}`
    : code.length <= 4
      ? `\\u${code.padStart(4, '0')}`
      : `\\U${code.padStart(8, '0')}`;
}
