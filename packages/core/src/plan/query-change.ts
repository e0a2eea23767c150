import type { Spec } from '@reembed/contracts';
import type { ModelCatalogue } from '../ports/embedder.ts';
import { embedVectors } from '../recipes/target-vectors.ts';

/** What applications have to change on the query side when they read the target, one sentence each. */
export function queryChange(spec: Spec, catalogue: ModelCatalogue): string[] {
  const where = spec.target.alias ?? spec.target.collection;
  const using = spec.search.new?.using;
  const searched = embedVectors(spec).filter(({ name }) => using === undefined || name === using);
  const sentences = searched.map(({ name, recipe }) => {
    const facts = catalogue.facts(recipe.model);
    const dimensions = recipe.dimensions ?? facts?.dimensions;
    const size = dimensions === null || dimensions === undefined ? '' : ` with ${dimensions} dimensions`;
    const field = name === '' ? 'without `using`' : `with \`using: "${name}"\``;
    return `Embed queries with ${recipe.model}${size} and search "${where}" ${field}. ${facts?.queryHint ?? ''}`.trim();
  });
  const kept = Object.entries(spec.vectors).filter(([, vector]) => vector.keep !== undefined);
  return [
    ...sentences,
    ...kept.map(
      ([name, { keep }]) =>
        `The old vector ${label(keep ?? '')} is there as ${label(name)}: queries for it stay as they are${name === keep ? '' : `, with \`using: "${name}"\``}.`,
    ),
    ...(sentences.length > 0 ? ['Score thresholds do not carry over from one model to another: set them anew.'] : []),
  ];
}

function label(name: string): string {
  return name === '' ? '"" (unnamed)' : `"${name}"`;
}
