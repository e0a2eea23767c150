import type { PointText } from '../ports/collections.ts';
import type { SetAsideEntry } from '../ports/state.ts';
import type { RecipeContext } from './target-vector.ts';
import { targetVectors } from './target-vectors.ts';

export type MappedPage = {
  /** Points of the target, ready to write, in the order of the source. */
  readonly points: readonly PointText[];
  readonly setAside: readonly SetAsideEntry[];
  /** Texts sent and tokens paid for this page. */
  readonly texts: number;
  readonly tokens: number;
};

/**
 * Maps a page of source points to points of the target: same ids, same payload text, one vector per recipe. A point that one of its
 * vectors cannot be made for is set aside whole. `stored` is what the target has for a point: vectors of it that still are right are
 * kept. Throws `text-missing` where the spec says `onMissingText: fail`, and what embedTexts throws.
 */
export async function applyRecipes(
  context: RecipeContext,
  page: readonly PointText[],
  stored: (point: PointText) => PointText | undefined = () => undefined,
): Promise<MappedPage> {
  const mapped = new Map(page.map((point) => [point, {} as Record<string, string>]));
  const setAside: SetAsideEntry[] = [];
  let texts = 0;
  let tokens = 0;
  for (const vector of targetVectors(context.spec)) {
    const put = (point: PointText, text: string) => Object.assign(mapped.get(point) ?? {}, { [vector.name]: text });
    const wanted = [...mapped.keys()].filter((point) => {
      const target = stored(point);
      const reused = target === undefined ? null : vector.reuse({ source: point, target });
      if (reused !== null) put(point, reused);
      return reused === null;
    });
    const made = await vector.make(context, wanted);
    for (const [point, text] of made.vectors) put(point, text);
    for (const [point, entry] of made.setAside) {
      setAside.push(entry);
      mapped.delete(point);
    }
    texts += made.texts;
    tokens += made.tokens;
  }
  const points = [...mapped].map(([{ id, payload }, vectors]) => ({ id, payload, vectors }));
  return { points, setAside, texts, tokens };
}
