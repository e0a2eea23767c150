/**
 * Whether a server reads texts whole. Some cut what is longer than they read and answer 200 (TEI's auto-truncate, Ollama beyond num_ctx), and
 * nothing but the tokens they report tells. They are compared with our own count for texts that stand alone in a request; what a token of
 * ours is in theirs is learned from short texts, which nobody cuts.
 */
export type WholeTexts = {
  /** Whether nothing so long has been seen to be read whole. */
  goesAlone(tokens: number): boolean;
  /** `tokens`: of each text of a request as counted here. Answers how many the server read where it has cut the only text; else null. */
  judge(texts: readonly string[], tokens: readonly number[], reported: number): number | null;
};

/** Nobody's model reads fewer. */
const shortTokens = 256;
/** What one text may be longer than another that was read whole, without being looked at itself. */
const growth = 1.25;
/** Fewer tokens of short texts say too little. */
const enoughCounted = 50;
/** Below this share of what is expected, texts of another kind do not explain it: of our own count, and of an estimate. */
const farBelow = { exact: 0.9, estimate: 0.7 } as const;
/** What an estimate is taken for before anything was learned: it errs on the high side. */
const unlearned = 0.6;
/** Tokens around a text that some servers report and others do not. */
const slack = 4;

/** `limit`: tokens that the model reads; null: not known. */
export function watchWholeTexts(isExact: () => boolean, limit: number | null): WholeTexts {
  let [counted, reportedOfShort] = [0, 0];
  let longestWhole = shortTokens;
  let cutAt = limit;

  const ratio = () => (counted >= enoughCounted ? reportedOfShort / counted : isExact() ? 1 : unlearned);

  function isCut(text: string, tokens: number, reported: number): boolean {
    const expected = tokens * ratio();
    const least = isExact() ? expected * farBelow.exact : Math.min(expected * farBelow.estimate, fewestTokens(text));
    if (reported < least) return true;
    return cutAt !== null && expected > cutAt + slack && Math.abs(reported - cutAt) <= slack;
  }

  return {
    goesAlone: (tokens) => tokens > longestWhole * growth,
    judge(texts, tokens, reported) {
      const longest = Math.max(...tokens);
      if (longest <= shortTokens) {
        counted += tokens.reduce((sum, count) => sum + count, 0);
        reportedOfShort += reported;
      }
      if (longest <= shortTokens || tokens.length > 1) return null;
      if (!isCut(texts[0] ?? '', longest, reported)) {
        longestWhole = Math.max(longestWhole, longest);
        return null;
      }
      cutAt = reported;
      longestWhole = Math.min(longestWhole, reported / ratio() / growth);
      return reported;
    },
  };
}

/** Tokens that no tokenizer stays below by the kind of characters: of emoji and brackets an estimate may be several times too high. */
function fewestTokens(text: string): number {
  let tokens = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    tokens += code >= 0x2e80 ? 0.25 : /[\p{L}\s]/u.test(character) ? 0.14 : 0.1;
  }
  return tokens;
}
