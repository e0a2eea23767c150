import { z } from 'zod';

/**
 * How much of anything a spec may have. The metadata of its target keeps the spec and has room for 8,192 bytes of it (core's `mostSpecBytes`): what
 * is longer is refused before anything is made of it, because one request must not hold up all others.
 */
const noRoom = 'the metadata of the target, which keeps the spec, has no room for more';

/** UTF-16 units of a template or of the text of a filter. */
export const longestText = 8_192;
/** Of a path into a payload. */
export const longestPath = 1_024;
/** Of the name of a vector, a model or a language: Qdrant's own limit for names, rounded up. */
export const longestName = 256;
/** Paths of a mapping, and words that are left out. */
export const mostPaths = 1_000;
/** Vectors of a point, and models of which something is said. */
export const mostVectors = 128;

/** A text of so many UTF-16 units at most; nothing is read of one that is longer. */
export function shortText(longest: number): z.ZodString {
  return z.string().max(longest, { abort: true, error: `wants at most ${longest} characters: ${noRoom}` });
}

/** A name of a vector, a model or a language. */
export const shortName = shortText(longestName);

/** A list of so many at most; nothing is read of one that is longer. */
export function shortList<Item extends z.ZodType>(item: Item, most: number): z.ZodArray<Item> {
  return z.array(item).max(most, { abort: true, error: `wants at most ${most} entries: ${noRoom}` });
}

/** The message of an object with more than `most` fields; null: it has no more. */
export function tooManyFields(value: object, most: number): string | null {
  return Object.keys(value).length > most ? `wants at most ${most} entries: ${noRoom}` : null;
}
