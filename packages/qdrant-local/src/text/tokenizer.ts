import { failure } from '../api/api-error.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { stemmerOf, stopWordsOf } from './languages.ts';

/** Splits a text into tokens the way a text index or BM25 does. A document's and a query's tokens differ only under the prefix tokenizer. */
export type Tokenizer = { document(text: string): string[]; query(text: string): string[] };

type Settings = {
  lowercase: boolean;
  stopWords: ReadonlySet<string>;
  stem: ((word: string) => string) | undefined;
  min: number;
  max: number;
};

const NOT_ALPHANUMERIC = /[^\p{Alphabetic}\p{N}]+/u;

/**
 * A tokenizer from the parameters of a text index or of BM25. `language` is what stemmer and stop words default to; without one there are none.
 * Throws 400 for parameters that are not understood, 501 for `multilingual`, ASCII folding and the Greek stemmer, which are not built in.
 */
export function createTokenizer(params: JsonObject, language: string | undefined): Tokenizer {
  if (params.get('ascii_folding') === true) throw failure.missing('ascii_folding of a tokenizer');
  const lowercase = params.get('lowercase') !== false;
  const settings: Settings = {
    lowercase,
    stopWords: readStopWords(params.get('stopwords') ?? null, language, lowercase),
    stem: readStemmer(params.get('stemmer') ?? null, language),
    min: readLength(params.get('min_token_len')) ?? 0,
    max: readLength(params.get('max_token_len')) ?? Number.POSITIVE_INFINITY,
  };
  const kind = params.get('tokenizer') ?? 'word';
  const tokenizer = typeof kind === 'string' ? TOKENIZERS[kind] : undefined;
  if (tokenizer === undefined)
    throw kind === 'multilingual' ? failure.missing('tokenizer multilingual') : failure.wrongInput(`unknown tokenizer ${String(kind)}`);
  return tokenizer(settings);
}

const TOKENIZERS: Record<string, (settings: Settings) => Tokenizer> = {
  word: (settings) => sameForBoth((text) => processed(text.split(NOT_ALPHANUMERIC), settings)),
  whitespace: (settings) => sameForBoth((text) => processed(text.split(/\s+/u), settings)),
  prefix: (settings) => ({
    document: (text) =>
      processed(text.split(NOT_ALPHANUMERIC), { ...settings, max: Number.POSITIVE_INFINITY }).flatMap((word) => prefixes(word, settings)),
    query: (text) =>
      processed(text.split(NOT_ALPHANUMERIC), { ...settings, stopWords: new Set(), max: Number.POSITIVE_INFINITY }).map((word) =>
        [...word].slice(0, settings.max).join(''),
      ),
  }),
};

function sameForBoth(tokens: (text: string) => string[]): Tokenizer {
  return { document: tokens, query: tokens };
}

function processed(words: string[], { lowercase, stopWords, stem, min, max }: Settings): string[] {
  return words.flatMap((word) => {
    const folded = lowercase ? word.toLowerCase() : word;
    if (folded === '' || stopWords.has(folded)) return [];
    const token = stem === undefined ? folded : stem(folded);
    const length = [...token].length;
    return length < min || length > max ? [] : [token];
  });
}

/** Every beginning of a word, from the shortest allowed on. */
function prefixes(word: string, { min, max }: Settings): string[] {
  const letters = [...word];
  const from = Math.max(min, 1);
  const to = Math.min(letters.length, max);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => letters.slice(0, from + i).join(''));
}

function readLength(value: JsonValue | undefined): number | undefined {
  return typeof value === 'bigint' ? Number(value) : undefined;
}

/** `"english"`, or `{languages: […], custom: […]}`; null means those of the language. */
function readStopWords(value: JsonValue, language: string | undefined, lowercase: boolean): ReadonlySet<string> {
  if (value === null) return new Set(language === undefined ? [] : stopWordsOf(language));
  const custom = isObject(value) ? strings(value.get('custom')) : [];
  const languages = typeof value === 'string' ? [value] : isObject(value) ? strings(value.get('languages')) : [];
  return new Set([...languages.flatMap(stopWordsOf), ...custom.map((word) => (lowercase ? word.toLowerCase() : word))]);
}

function strings(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** `{type: "snowball", language}` or `{type: "none"}`; null means that of the language. */
function readStemmer(value: JsonValue, language: string | undefined): ((word: string) => string) | undefined {
  if (isObject(value) && value.get('type') === 'none') return undefined;
  const given = isObject(value) ? value.get('language') : typeof value === 'string' ? value : language;
  return typeof given === 'string' ? stemmerOf(given) : undefined;
}
