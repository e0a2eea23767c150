import type { Migration } from '../migration.ts';
import type { GateDraw } from '../ports/state.ts';
import { languageWarnings } from '../recipes/bm25-recipe.ts';
import type { CoordinatorDeps } from '../stages/stage.ts';
import { probedPoints } from './draw-points.ts';

/** What the texts of the drawn points say against a BM25 vector's language: mixed languages, no list of stop words, no stemmer. */
export async function bm25Warnings(
  { points, catalogue }: Pick<CoordinatorDeps, 'points' | 'catalogue'>,
  { spec, resolved }: Migration,
  draw: GateDraw,
): Promise<string[]> {
  const recipes = Object.entries(spec.vectors).flatMap(([name, { bm25 }]) => (bm25 === undefined ? [] : [{ name, bm25 }]));
  if (recipes.length === 0) return [];
  const sample = await points.retrieve(resolved.source, { ids: draw.points.slice(0, probedPoints), payload: true, vectors: [] });
  return recipes.flatMap(({ name, bm25 }) => languageWarnings(name, bm25, { sample, catalogue }));
}
