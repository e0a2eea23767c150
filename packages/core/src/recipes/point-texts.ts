import type { PinnedTextFile, PointId, Spec } from '@reembed/contracts';
import { pointIdToJson } from '../point-id.ts';
import type { PointText } from '../ports/collections.ts';
import type { TextOrigin, TextSources } from '../ports/text-sources.ts';
import { askPatiently, type Patience } from './ask-patiently.ts';
import type { PointPair, RecipeContext } from './target-vector.ts';

export type TextContext = Patience & { readonly sources: TextSources; readonly origin: TextOrigin };

/** Where a migration's texts are, besides the payloads; null: nowhere else. */
export function textOrigin({ source: { textFrom } }: Pick<Spec, 'source'>, pinned: PinnedTextFile | null): TextOrigin | null {
  const { url, file } = textFrom;
  if (url !== null) return { url };
  if (file === null) return null;
  if (pinned === null) throw new Error(`the plan did not see ${file}`);
  return { file, sha256: pinned.sha256 };
}

/** The points with what `source.textFrom` has for them, in their order; as they are where the spec names nothing or they have it already. */
export async function withTexts({ texts }: Pick<RecipeContext, 'texts'>, points: readonly PointText[]): Promise<readonly PointText[]> {
  if (texts === undefined) return points;
  const { sources, origin, signal } = texts;
  if ('file' in origin) return filledIn(points, (ids) => sources.read(origin, ids, signal));
  const whom = `texts/${new URL(origin.url).host}`;
  return filledIn(points, (ids) => askPatiently(texts, whom, { inputs: ids.length, tokens: 0 }, () => sources.read(origin, ids, signal)));
}

/** The same in one try. */
export async function withTextsOnce(sources: TextSources, origin: TextOrigin | null, points: readonly PointText[]) {
  return origin === null ? points : filledIn(points, (ids) => sources.read(origin, ids));
}

async function filledIn(
  points: readonly PointText[],
  read: (ids: readonly PointId[]) => Promise<ReadonlyMap<string, string>>,
): Promise<readonly PointText[]> {
  const ids = points.flatMap(({ id, elsewhere }) => (elsewhere === undefined ? [id] : []));
  if (ids.length === 0) return points;
  const found = await read(ids);
  return points.map((point) =>
    point.elsewhere === undefined ? { ...point, elsewhere: found.get(pointIdToJson(point.id)) ?? null } : point,
  );
}

/**
 * Pairs to be compared, with texts where they can tell something: of every point where a hash of them is stored, and else of those that
 * lack a vector made from text.
 */
export async function pairsWithTexts(
  context: Pick<RecipeContext, 'texts' | 'spec'>,
  pairs: readonly PointPair[],
): Promise<readonly PointPair[]> {
  const { spec } = context;
  const made = Object.entries(spec.vectors).flatMap(([name, { embed, bm25 }]) => ((embed ?? bm25) ? [name] : []));
  const tell = ({ target }: PointPair) => spec.sync.hashField !== null || made.some((name) => target.vectors[name] === undefined);
  const told = pairs.filter(tell);
  const read = await withTexts(
    context,
    told.map(({ source }) => source),
  );
  const sources = new Map(told.map(({ source }, at) => [source, read[at] ?? source]));
  return pairs.map((pair) => ({ ...pair, source: sources.get(pair.source) ?? pair.source }));
}
