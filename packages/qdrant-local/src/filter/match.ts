import { failure } from '../api-error.ts';
import { isObject, type JsonValue } from '../json/json-value.ts';
import type { ValueCheck } from './point-view.ts';
import type { TextIndex } from './text-index.ts';

/** One row per kind of match. Texts compare tokens where the field has a text index, else they look for the text inside. */
const MATCHES: Record<string, (wanted: JsonValue, index: TextIndex | undefined) => ValueCheck> = {
  value: (wanted) => oneOf([wanted], false),
  any: (wanted) => oneOf(listOf(wanted), false),
  except: (wanted) => oneOf(listOf(wanted), true),
  text: (wanted) => onText(wanted, (text) => (found) => found.includes(text)),
  text_any: (wanted, index) => onText(wanted, (text) => index?.any(text) ?? anyWord(text)),
  phrase: (wanted, index) => onText(wanted, (text) => index?.phrase(text) ?? ((found) => found.includes(text))),
  prefix: (wanted) => onText(wanted, (text) => (found) => found.startsWith(text)),
};

/** A text match on an indexed field finds its words anywhere in the field's texts, one word here and one there; undefined for every other match. */
export function matchTogether(value: JsonValue, index: TextIndex | undefined): ((values: JsonValue[]) => boolean) | undefined {
  const text = isObject(value) && index !== undefined ? value.get('text') : undefined;
  if (index === undefined || typeof text !== 'string') return undefined;
  const holds = index.all(text);
  return (values) => holds(values.flat().filter((item) => typeof item === 'string'));
}

export function matchCheck(value: JsonValue, index: TextIndex | undefined): ValueCheck {
  if (isObject(value)) {
    for (const [kind, compile] of Object.entries(MATCHES)) {
      const wanted = value.get(kind);
      if (wanted !== undefined) return compile(wanted, index);
    }
  }
  throw noVariant();
}

function noVariant() {
  return failure.format('data did not match any variant of untagged enum MatchInterface');
}

function listOf(wanted: JsonValue): JsonValue[] {
  if (!Array.isArray(wanted)) throw noVariant();
  const strings = wanted.every((item) => typeof item === 'string');
  const integers = wanted.every((item) => typeof item === 'bigint');
  if (!strings && !integers) throw noVariant();
  return wanted;
}

const I64_MAX = 9223372036854775807n;

/** Strings, integers and booleans are equal only to their own kind: 1.0 is not 1. */
function oneOf(wanted: JsonValue[], except: boolean): ValueCheck {
  if (
    wanted.some(
      (item) => item === null || typeof item === 'number' || typeof item === 'object' || (typeof item === 'bigint' && item > I64_MAX),
    )
  )
    throw noVariant();
  const set = new Set(wanted);
  if (except) return (found) => found !== null && !set.has(found);
  return (found) => set.has(found);
}

function onText(wanted: JsonValue, compile: (text: string) => (found: string) => boolean): ValueCheck {
  if (typeof wanted !== 'string') throw noVariant();
  const holds = compile(wanted);
  return (found) => typeof found === 'string' && holds(found);
}

function anyWord(text: string): (found: string) => boolean {
  const words = text.split(/\s+/u).filter((word) => word !== '');
  return (found) => words.some((word) => found.includes(word));
}
