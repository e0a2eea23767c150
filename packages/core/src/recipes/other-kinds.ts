import type { Issue } from '@reembed/contracts';

/** Models whose vectors are no single dense one, by what their names are known for. */
const kinds = [
  { name: /splade|minicoil|(^|[-_/])sparse($|[-_])/i, what: 'learned sparse vectors (words with weights)' },
  { name: /colbert|colpali|colqwen|late-?interaction/i, what: 'late interaction vectors (rows for every token)' },
] as const;

/** A model of another kind under `embed`, whose vectors would be taken for dense ones: no recipe makes these. */
export function otherKindBlockers(path: string, model: string): Issue[] {
  return kinds
    .filter(({ name }) => name.test(model))
    .map(({ what }) => ({
      field: `${path}.model`,
      value: model,
      message:
        `makes ${what}, which no recipe makes, and is not taken for a dense model: embed outside, write the vectors into a named vector of the source, and carry them over with ` +
        'keep, which puts rows on disk; for words, bm25',
    }));
}
