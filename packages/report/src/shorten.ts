const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The same text with at most eight marks on a letter: more of them are no writing, and reach over the lines around.
 */
export function withoutTowers(text: string): string {
  return text.replaceAll(/(\p{M}{8})\p{M}+/gu, '$1');
}

/**
 * The beginning of a text, at most `limit` UTF-16 units, never cut inside what readers see as one character.
 * `cut` says whether something is missing.
 */
export function shorten(text: string, limit: number): { readonly head: string; readonly cut: boolean } {
  if (text.length <= limit) return { head: text, cut: false };
  // One character can be endless (stacked accents): such a one is cut hard.
  const last = graphemes.segment(text.slice(0, limit + 64)).containing(limit)?.index ?? limit;
  return { head: text.slice(0, last === 0 ? limit : last).trimEnd(), cut: true };
}
