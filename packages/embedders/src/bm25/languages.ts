/// <reference path="./snowball-stemmers.d.ts" />
import snowball from 'snowball-stemmers';
import { stopWordLists } from './stop-words.ts';

/** Languages that the server stems. Its Greek algorithm is in no JavaScript package. */
const stemmed = new Set(
  'arabic armenian danish dutch english finnish french german greek hungarian italian norwegian portuguese romanian russian spanish swedish tamil turkish'.split(
    ' ',
  ),
);
const notBuiltIn = new Set(['greek']);

/** Every language that the server knows by name, for a stemmer or for stop words. */
export const languageNames: readonly string[] = [...new Set([...stemmed, ...Object.keys(stopWordLists)])].sort();

/** What there is for a language; null where its name is not known. */
export function describeLanguage(name: string): { stemmer: 'here' | 'server' | 'none'; stopWords: boolean } | null {
  if (!languageNames.includes(name)) return null;
  const here = notBuiltIn.has(name) ? 'server' : 'here';
  return { stemmer: stemmed.has(name) ? here : 'none', stopWords: Object.hasOwn(stopWordLists, name) };
}

export function stopWordsOf(language: string): readonly string[] {
  return (Object.hasOwn(stopWordLists, language) ? stopWordLists[language] : undefined)?.split(' ') ?? [];
}

/** Undefined where words of the language stay as they are. */
export function stemmerOf(language: string): ((word: string) => string) | undefined {
  if (describeLanguage(language)?.stemmer !== 'here') return undefined;
  const stemmer = snowball.newStemmer(language);
  return (word) => stemmer.stem(word);
}

/** A text with fewer different stop words of a language than this says nothing. */
const fewestWords = 3;

/**
 * The language of a text, by the stop words it is full of; null where none stands out. Right for running text of a sentence or more, blind
 * for titles, codes and languages without a list, and unsure between close relatives, for which it then says nothing.
 */
export function createLanguageGuesser(): (text: string) => string | null {
  const languagesOf = new Map<string, string[]>();
  // The list for Hinglish holds that for English.
  for (const language of languageNames.filter((name) => name !== 'hinglish')) {
    for (const word of stopWordsOf(language)) languagesOf.set(word, [...(languagesOf.get(word) ?? []), language]);
  }
  return (text) => {
    const found = new Map<string, number>();
    for (const word of new Set(text.toLowerCase().split(/[^\p{L}\p{M}]+/u)))
      for (const language of languagesOf.get(word) ?? []) found.set(language, (found.get(language) ?? 0) + 1);
    const [first, second] = [...found].sort(([, a], [, b]) => b - a);
    if (first === undefined || first[1] < fewestWords || first[1] < (second?.[1] ?? 0) * 1.3) return null;
    return first[0];
  };
}
