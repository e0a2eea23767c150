import type { Issue } from '@reembed/contracts';
import type { ModelFacts, VectorShape } from '../ports/embedder.ts';

/** What models make whose vectors are no single dense one, and the recipe of it. */
const shapes = {
  dense: { what: 'one dense vector a text', recipe: 'embed' },
  words: { what: 'learned sparse vectors (words with weights)', recipe: 'sparse' },
  rows: { what: 'late interaction vectors (rows for every token)', recipe: 'multivector' },
} as const satisfies Record<VectorShape, unknown>;

/** What the names of models are known for. */
const kinds = [
  { name: /splade|minicoil|(^|[-_/])sparse($|[-_])/i, ...shapes.words, provider: 'tei-sparse' },
  { name: /colbert|colpali|colqwen|late-?interaction/i, ...shapes.rows, provider: 'vllm-rows' },
] as const;

/** A model of another kind under `embed`, whose vectors would be taken for dense ones. */
export function otherKindBlockers(path: string, model: string): Issue[] {
  return kinds
    .filter(({ name }) => name.test(model))
    .map(({ what, recipe, provider }) => ({
      field: `${path}.model`,
      value: model,
      message:
        `makes ${what}, and is not taken for a dense model: write ${recipe}: { model, text } instead of embed where Qdrant has an inference service that knows it, ` +
        `or with via: worker where a server of yours has it (provider: ${provider} in reembed.config.yaml). Else embed outside, write the vectors into a named vector of the source, ` +
        'and carry them over with keep, which puts rows on disk; for words, bm25',
    }));
}

/** A model whose server makes other vectors than the recipe is of. */
export function otherShapeBlockers(path: string, { model, shape }: Pick<ModelFacts, 'model' | 'shape'>, wanted: VectorShape): Issue[] {
  if (shape === wanted) return [];
  const message = `makes ${shapes[shape].what}, by its entry in reembed.config.yaml: write ${shapes[shape].recipe} instead of ${shapes[wanted].recipe}, or name another model`;
  return [{ field: `${path}.model`, value: model, message }];
}
