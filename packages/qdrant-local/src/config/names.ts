import { ApiError, failure } from '../api/api-error.ts';

/** Names become directories on the real server: no character that file systems refuse. */
const BAD_CHARACTERS = ['<', '>', ':', '"', '/', '\\', '|', '?', '*', '\0', '\u001f'];

/** Throws 422 for a collection name with such a character, or of more than 255 bytes. */
export function checkCollectionName(name: string): void {
  const wrong = badCharacter(name, 'collection name');
  if (wrong !== null) throw pathFailure('collection_name', wrong);
  if (Buffer.byteLength(name) > 255) throw pathFailure('collection_name', 'value invalid, length must be from 1 to 255 characters');
}

/** Throws 422 for a vector name in a path that the server would not take. */
export function checkVectorName(name: string): void {
  const wrong = vectorNameFault(name);
  if (wrong !== null) throw pathFailure('vector_name', wrong);
}

/** The names of a collection that is to be created. Throws 400. */
export function checkVectorNames({ vectors, sparse }: Record<'vectors' | 'sparse', ReadonlyMap<string, unknown>>): void {
  for (const [kind, names] of [
    ['dense', vectors.keys()],
    ['sparse', sparse.keys()],
  ] as const)
    for (const name of names) {
      const wrong = vectorNameFault(name);
      if (wrong !== null) throw failure.wrongInput(`Invalid ${kind} vector name \`${name}\`: ${wrong}`);
    }
  if (sparse.has('')) throw failure.wrongInput('Sparse vector name cannot be empty');
  const twice = [...vectors.keys()].find((name) => sparse.has(name));
  if (twice !== undefined) throw failure.wrongInput(`Dense and sparse vector names must be unique - duplicate found with '${twice}'`);
}

function vectorNameFault(name: string): string | null {
  return Buffer.byteLength(name) > 200 ? 'vector name must be at most 200 bytes long' : badCharacter(name, 'vector name');
}

function badCharacter(name: string, what: string): string | null {
  const bad = BAD_CHARACTERS.find((character) => name.includes(character));
  return bad === undefined ? null : `${what} cannot contain "${bad}" char`;
}

function pathFailure(parameter: string, detail: string): ApiError {
  return new ApiError(422, `Validation error in path parameters: [${parameter}: ${detail}]`);
}
