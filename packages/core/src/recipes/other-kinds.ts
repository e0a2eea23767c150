import type { Issue } from '@reembed/contracts';

/** Models whose vectors are no single dense one, by what their names are known for. */
const kinds = [
  { name: /splade|minicoil|(^|[-_/])sparse($|[-_])/i, what: 'learned sparse vectors (words with weights)', recipe: 'sparse' },
  { name: /colbert|colpali|colqwen|late-?interaction/i, what: 'late interaction vectors (rows for every token)', recipe: 'multivector' },
] as const;

/** A model of another kind under `embed`, whose vectors would be taken for dense ones. */
export function otherKindBlockers(path: string, model: string): Issue[] {
  return kinds
    .filter(({ name }) => name.test(model))
    .map(({ what, recipe }) => ({
      field: `${path}.model`,
      value: model,
      message:
        `makes ${what}, and is not taken for a dense model: where Qdrant has an inference service that knows it, write ${recipe}: { model, text } instead of embed. ` +
        'Workers make none: else embed outside, write the vectors into a named vector of the source, and carry them over with keep, which puts rows on disk; for words, bm25',
    }));
}
