import { ApiError } from '../api/api-error.ts';
import type { JsonObject } from '../json/json-value.ts';
import { createTokenizer } from './tokenizer.ts';

/** What a text index makes of a match: whether stored texts hold all words of a text between them, or one of them any word, or all in a row. */
export type TextIndex = {
  all(text: string): (found: string[]) => boolean;
  any(text: string): (found: string) => boolean;
  phrase(text: string): (found: string) => boolean;
};
/** Text indexes of a collection by payload key. */
export type TextIndexes = ReadonlyMap<string, TextIndex>;

/** The index where this server has what it takes; else it is kept as schema, and a match on it is answered 501. Throws 400. */
export function keepTextIndex(params: JsonObject): TextIndex {
  try {
    return createTextIndex(params);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 501) throw error;
    const refuse = () => {
      throw error;
    };
    return { all: refuse, any: refuse, phrase: refuse };
  }
}

/** A text index of these parameters: a text without tokens matches nothing, and phrases only match where the index was made for them. */
function createTextIndex(params: JsonObject): TextIndex {
  const tokenizer = createTokenizer(params, undefined);
  const matcher = (holds: (found: string[], wanted: string[]) => boolean) => (text: string) => {
    const wanted = tokenizer.query(text);
    return (found: string) => wanted.length > 0 && holds(tokenizer.document(found), wanted);
  };
  return {
    all: (text) => {
      const wanted = tokenizer.query(text);
      return (found) => {
        const tokens = new Set(found.flatMap(tokenizer.document));
        return wanted.length > 0 && wanted.every((token) => tokens.has(token));
      };
    },
    any: matcher((found, wanted) => wanted.some((token) => found.includes(token))),
    phrase: matcher(
      (found, wanted) =>
        params.get('phrase_matching') === true && found.some((_, at) => wanted.every((token, i) => found[at + i] === token)),
    ),
  };
}
