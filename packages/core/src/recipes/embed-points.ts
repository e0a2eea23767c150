import { ReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import type { ModelVector } from '../domain/recipes-of.ts';
import { refusedEntry } from '../domain/set-aside.ts';
import { embedWhole } from './embed-whole.ts';
import type { MadeVectors, RecipeContext } from './target-vector.ts';
import { wantedTexts } from './text-recipe.ts';

/** What a model that workers ask makes of the texts of a page. A point whose text cannot be embedded is set aside whole. */
export async function embedPoints(
  name: string,
  recipe: ModelVector['recipe'],
  { embedding: { [name]: embedding } }: Pick<RecipeContext, 'embedding'>,
  points: readonly PointText[],
): Promise<MadeVectors & { readonly vectors: ReadonlyMap<PointText, Float32Array> }> {
  const { wanted, setAside } = wantedTexts(name, recipe, points);
  if (embedding === undefined) throw new Error(`no embedder was prepared for vector "${name}"`);
  const made = await embedWhole(
    embedding,
    recipe,
    wanted.map(({ text }) => text),
  );
  const vectors = new Map<PointText, Float32Array>();
  for (const [at, { point }] of wanted.entries()) {
    const outcome = made.outcomes[at];
    if (outcome instanceof ReembedError) setAside.set(point, refusedEntry(point, name, outcome));
    else if (outcome !== undefined) vectors.set(point, outcome);
  }
  return { vectors, setAside, texts: made.texts, tokens: made.tokens };
}
