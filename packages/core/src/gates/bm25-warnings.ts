import type { Migration } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { GateDraw } from '../ports/state.ts';
import { languageWarnings } from '../recipes/bm25-recipe.ts';
import { probedPoints } from './draw-points.ts';
import { textsToShow } from './hit-texts.ts';

/** What the texts of the drawn points say against a BM25 vector's language: mixed languages, no list of stop words, no stemmer. */
export async function bm25Warnings(
  deps: Pick<CoordinatorDeps, 'points' | 'catalogue' | 'textSources'>,
  migration: Migration,
  draw: GateDraw,
): Promise<string[]> {
  const { spec, resolved } = migration;
  const recipes = Object.entries(spec.vectors).flatMap(([name, { bm25 }]) => (bm25 === undefined ? [] : [{ name, bm25 }]));
  if (recipes.length === 0) return [];
  const read = await deps.points.retrieve(resolved.source, { ids: draw.points.slice(0, probedPoints), payload: true, vectors: [] });
  const sampled = await textsToShow(deps, migration, read);
  if ('failed' in sampled) return [`the language of the texts was not looked at: ${sampled.failed}`];
  return recipes.flatMap(({ name, bm25 }) => languageWarnings(name, bm25, { sample: sampled.points, catalogue: deps.catalogue }));
}
