/// <reference path="./snowball-stemmers.d.ts" />
import snowball from 'snowball-stemmers';
import { failure } from '../api/api-error.ts';
import { STOP_WORDS } from './stop-words.ts';

/** Languages by the short names that are taken for them. */
const SHORT: Record<string, string> = {
  ar: 'arabic',
  az: 'azerbaijani',
  bn: 'bengali',
  ca: 'catalan',
  da: 'danish',
  de: 'german',
  el: 'greek',
  en: 'english',
  es: 'spanish',
  eu: 'basque',
  fi: 'finnish',
  fr: 'french',
  he: 'hebrew',
  'hi-en': 'hinglish',
  hu: 'hungarian',
  hy: 'armenian',
  id: 'indonesian',
  it: 'italian',
  jp: 'japanese',
  kk: 'kazakh',
  ne: 'nepali',
  nl: 'dutch',
  no: 'norwegian',
  pt: 'portuguese',
  ro: 'romanian',
  ru: 'russian',
  sl: 'slovene',
  sv: 'swedish',
  ta: 'tamil',
  tg: 'tajik',
  tr: 'turkish',
  zh: 'chinese',
};

/** The full name of a language; a name that is not known stays as it is. */
function fullName(name: string): string {
  return SHORT[name] ?? name;
}

/** The stop words of a language by its full or short name; none where there is no list of it. */
export function stopWordsOf(language: string): string[] {
  return STOP_WORDS[fullName(language)]?.split(' ') ?? [];
}

/** The languages that the server stems. */
const STEMMED = new Set(
  'arabic armenian danish dutch english finnish french german greek hungarian italian norwegian portuguese romanian russian spanish swedish tamil turkish'.split(
    ' ',
  ),
);

/** What cuts a word down to its stem; undefined for a language that the server does not stem. Throws 501 for Greek, whose algorithm is in no JavaScript package. */
export function stemmerOf(language: string): ((word: string) => string) | undefined {
  const name = fullName(language);
  if (!STEMMED.has(name)) return undefined;
  if (name === 'greek') throw failure.missing('stemmer greek');
  const stemmer = snowball.newStemmer(name);
  return (word) => stemmer.stem(word);
}
