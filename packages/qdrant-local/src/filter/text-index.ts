/** What a text index makes of a match: whether a stored text holds all words, any word, or the words in a row. */
export type TextIndex = {
  all(text: string): (found: string) => boolean;
  any(text: string): (found: string) => boolean;
  phrase(text: string): (found: string) => boolean;
};
/** Text indexes of a collection by payload key. */
export type TextIndexes = ReadonlyMap<string, TextIndex>;
