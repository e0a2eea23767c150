import { type PayloadStep, pathRules, readPayloadPath } from './payload-path.ts';
import { longestText, shortText } from './spec-limits.ts';

/** A payload field in a template. */
export type TemplateField = {
  readonly steps: readonly PayloadStep[];
  /** As it is written there. */
  readonly source: string;
  /** The text that LlamaIndex embeds of the node that is stored here, instead of the value. */
  readonly llamaIndex: boolean;
};

/** Literal text, or a field. */
export type TemplatePart = string | TemplateField;

/** What of a template cannot be read. `at` counts UTF-16 units from 0. */
export type TemplateFault = { readonly at: number; readonly found: string; readonly why: string };

/** Braces for their own sake: `{{'{{'}}`. */
const braces = /\{\{\s*'([{}]+)'\s*\}\}/y;
/** A placeholder to its end: what is quoted may hold braces. */
const placeholder = /\{\{((?:[^{}"]|"(?:[^"\\]|\\.)*")*)\}\}/uy;

/**
 * The parts of a template, or the first thing in it that cannot be read: every `{{` begins a field, whatever stands there, and nothing of
 * one is ever taken for literal text. Other braces are literal text.
 */
export function parseTemplate(template: string): { readonly parts: TemplatePart[] } | { readonly fault: TemplateFault } {
  const parts: TemplatePart[] = [];
  let from = 0;
  for (let at = template.indexOf('{{'); at !== -1; at = template.indexOf('{{', from)) {
    if (at > from) parts.push(template.slice(from, at));
    const part = partAt(template, at);
    if ('fault' in part) return part;
    parts.push(part.part);
    from = part.end;
  }
  if (from < template.length) parts.push(template.slice(from));
  return { parts };
}

type Part = { readonly part: TemplatePart; readonly end: number } | { readonly fault: TemplateFault };

function partAt(template: string, at: number): Part {
  braces.lastIndex = at;
  const literal = braces.exec(template);
  if (literal !== null) return { part: literal[1] ?? '', end: braces.lastIndex };
  placeholder.lastIndex = at;
  const found = placeholder.exec(template);
  if (found === null || template.startsWith('{{{', at)) return { fault: { at, ...unread(template, at) } };
  const source = (found[1] ?? '').trim();
  const path = beforeLlamaIndex(source);
  const read = readPayloadPath(path);
  if ('fault' in read) return { fault: { at, found: found[0], why: read.fault.why } };
  return { part: { steps: read.steps, source, llamaIndex: path !== source }, end: placeholder.lastIndex };
}

/** What stands before `| llamaindex`, where that is the end. */
function beforeLlamaIndex(source: string): string {
  const bar = source.lastIndexOf('|');
  return bar !== -1 && source.slice(bar + 1).trimStart() === 'llamaindex' ? source.slice(0, bar).trimEnd() : source;
}

const shownChars = 40;

function unread(template: string, at: number): { found: string; why: string } {
  const end = template.indexOf('}}', at);
  const found = template.slice(at, Math.min(end === -1 ? template.length : end + 2, at + shownChars));
  if (template.startsWith('{{{', at)) return { found, why: "three braces mean nothing: write two, and {{'{'}} for one that is text" };
  if (end === -1) return { found, why: 'it is not closed by }}' };
  if (found.includes('"')) return { found, why: 'a quote opens and closes a whole key' };
  return { found, why: 'braces within braces mean nothing' };
}

/** A text with payload fields in it, such as `{{title}}\n\n{{body}}`. */
export const templateSchema = shortText(longestText)
  .min(1)
  .check(({ value, issues }) => {
    const message = value === '' ? null : templateFault(value);
    if (message !== null) issues.push({ code: 'custom', input: value, message });
  });

/** What is wrong with a template, with the way out; null: nothing. */
export function templateFault(template: string): string | null {
  const read = parseTemplate(template);
  if ('fault' in read) return faultInWords(read.fault);
  return read.parts.some((part) => typeof part === 'object') ? null : 'names no payload field: write it as {{field}}';
}

/** `"{{a | upper}}" at character 7 cannot be read: … ` and the way out. */
function faultInWords({ at, found, why }: TemplateFault): string {
  return `has ${JSON.stringify(found)} at character ${at + 1}, which cannot be read: ${why}. A field is {{path}}: ${pathRules}; braces that are text are {{'{{'}}`;
}
