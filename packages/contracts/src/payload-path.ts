import { longestPath, shortText } from './spec-limits.ts';

/**
 * One step of a path into a payload: a key, a place in a list, or null for every item of one. A key of digits is a place too where a list
 * stands: `breadcrumbs.0.name` and `breadcrumbs[0].name` say the same of a list.
 */
export type PayloadStep = string | number | null;

/** Where a text stops being a path, and why. `at` counts UTF-16 units from 0. */
export type PathFault = { readonly at: number; readonly found: string; readonly why: string };

/** Written without quotes; what Qdrant itself takes so. */
const plainKey = /^[\p{Alphabetic}\p{N}_-]+$/u;
/** Signs that begin something else in template languages, and so no key. */
const signs = '#/^>&!=~';
const step = new RegExp(String.raw`(?:^|(?!^)\.)(?:"((?:[^"\\]|\\.)*)"|((?![${signs}\s])[^.[\]{}|"]*[^.[\]{}|"\s]))|\[(\d*)\]`, 'uy');

/**
 * Reads a path: `a.b[].c`, `a.0.b`, `a[0]`, `Product Name`, `"a.b"."x[1]"`. The one grammar of templates, mappings, `hashField` and every
 * other name of a payload field. What Qdrant writes is part of it; besides, keys need quotes only where they hold one of `. [ ] { } | "`,
 * begin with a sign of template languages, or begin or end with a space.
 */
export function readPayloadPath(text: string): { readonly steps: PayloadStep[] } | { readonly fault: PathFault } {
  const steps: PayloadStep[] = [];
  let at = 0;
  for (; at < text.length; at = step.lastIndex) {
    step.lastIndex = at;
    const found = step.exec(text);
    const name = found === null ? undefined : stepOf(found);
    if (name === undefined || (steps.length === 0 && typeof name !== 'string')) return { fault: faultAt(text, at) };
    steps.push(name);
  }
  return steps.length === 0 ? { fault: faultAt(text, 0) } : { steps };
}

function stepOf([, quoted, key, place]: RegExpExecArray): PayloadStep | undefined {
  if (key !== undefined) return key;
  if (place !== undefined) return place === '' ? null : Number(place);
  return unquoted(quoted ?? '');
}

/** Quotes as JSON has them; a line end needs no escape. */
function unquoted(raw: string): string | undefined {
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return undefined;
  }
}

function faultAt(text: string, at: number): PathFault {
  const found = text.slice(at);
  return { at, found, why: whyNot(found) };
}

function whyNot(found: string): string {
  if (found === '') return 'there is no key';
  const [sign = ''] = found.replace(/^\./, '').trimStart();
  if (sign === '|') return 'nothing is piped through anything: a field stands as it is';
  if (sign === '[') return 'brackets hold nothing, for every item of a list, or a number';
  if (sign === '"') return 'a quote opens and closes a whole key';
  if (/^\.?\s/.test(found)) return 'a key that begins or ends with a space wants quotes';
  if (sign === '' || (found.startsWith('.') && !signs.includes(sign))) return 'a key is missing beside a dot';
  if (signs.includes(sign)) return `a key that begins with ${sign} wants quotes; there are no blocks, partials and comments`;
  return `${JSON.stringify(sign)} is not wanted here`;
}

/** The steps of a path; null where the text is none. */
export function parsePayloadPath(text: string): PayloadStep[] | null {
  const read = readPayloadPath(text);
  return 'steps' in read ? read.steps : null;
}

/** The path as text, as Qdrant and every reader of paths takes it. */
export function formatPayloadPath(steps: readonly PayloadStep[]): string {
  return steps
    .map((name, at) =>
      typeof name === 'string' ? `${at === 0 ? '' : '.'}${isPlainKey(name) ? name : JSON.stringify(name)}` : `[${name ?? ''}]`,
    )
    .join('');
}

/** Whether a key needs no quotes in a path. */
export function isPlainKey(key: string): boolean {
  return plainKey.test(key);
}

/** The key that a path of one step names; null where it is no such path. */
export function topKey(text: string): string | null {
  const [key, ...below] = parsePayloadPath(text) ?? [];
  return typeof key === 'string' && below.length === 0 ? key : null;
}

/** What every message about paths says. */
export const pathRules = 'keys with dots between them, [] for every item of a list, "quotes" around keys with unusual characters';

/** Text that is a path. */
export const payloadPathSchema = shortText(longestPath).check(({ value, issues }) => {
  const read = readPayloadPath(value);
  if ('steps' in read) return;
  const { at, found, why } = read.fault;
  issues.push({
    code: 'custom',
    input: value,
    message: `is not a path into a payload, from ${JSON.stringify(found)} at character ${at + 1} on: ${why}. It wants ${pathRules}`,
  });
});
