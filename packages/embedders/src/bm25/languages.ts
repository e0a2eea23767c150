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
