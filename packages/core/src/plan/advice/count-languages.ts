import type { Advice } from '@reembed/contracts';

const scripts = {
  Latin: /\p{Script=Latin}/gu,
  Cyrillic: /\p{Script=Cyrillic}/gu,
  'Chinese, Japanese, Korean': /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu,
  Arabic: /\p{Script=Arabic}/gu,
  Greek: /\p{Script=Greek}/gu,
  Hebrew: /\p{Script=Hebrew}/gu,
  Devanagari: /\p{Script=Devanagari}/gu,
  Thai: /\p{Script=Thai}/gu,
} as const;

/** The writing that most letters of a text are in; `other` where none of those told apart has a letter in it. */
export function scriptOf(text: string): string {
  const counted = Object.entries(scripts).map(([script, letters]) => ({ script, letters: text.match(letters)?.length ?? 0 }));
  const most = counted.reduce((best, one) => (one.letters > best.letters ? one : best));
  return most.letters === 0 ? 'other' : most.script;
}

type Counting = { readonly countTokens: (text: string) => number; readonly guessLanguage: (text: string) => string | null };

/** Tokens and texts by language, as far as stop words tell, else by script; carried from the sample by `share`, the most tokens first. */
export function countLanguages(texts: readonly string[], { countTokens, guessLanguage }: Counting, share: number): Advice['languages'] {
  const found = new Map<string, { texts: number; tokens: number }>();
  for (const text of texts) {
    const language = guessLanguage(text) ?? `${scriptOf(text)} script`;
    const so = found.get(language) ?? { texts: 0, tokens: 0 };
    found.set(language, { texts: so.texts + 1, tokens: so.tokens + countTokens(text) });
  }
  return [...found]
    .map(([language, so]) => ({ language, texts: Math.round(so.texts * share), tokens: Math.round(so.tokens * share) }))
    .toSorted((a, b) => b.tokens - a.tokens);
}
