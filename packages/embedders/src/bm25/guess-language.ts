import { languageNames, stopWordsOf } from './languages.ts';

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
