/**
 * The longest beginning found with at most `maxTokens` tokens, for tokenizers of which nothing is known but how they count: the tokens of
 * a beginning need not be the first tokens of the whole, so each length tried is counted. Long texts are never counted whole.
 */
export function cutToTokens(text: string, maxTokens: number, count: (text: string) => number): string {
  const fitsIn = (length: number) => count(sliceCharacters(text, length)) <= maxTokens;
  let fits = 0;
  let tooLong = Math.max(maxTokens, 1);
  while (tooLong < text.length && fitsIn(tooLong)) {
    fits = tooLong;
    tooLong *= 2;
  }
  if (tooLong >= text.length) {
    if (count(text) <= maxTokens) return text;
    tooLong = text.length;
  }
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (fitsIn(middle)) fits = middle;
    else tooLong = middle;
  }
  return sliceCharacters(text, fits);
}

/** The first `length` UTF-16 units, or one less where that would split a surrogate pair. */
export function sliceCharacters(text: string, length: number): string {
  return text.slice(0, splitsPair(text, length) ? length - 1 : length);
}

export function splitsPair(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}
