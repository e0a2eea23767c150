import type { PinnedTextFile, PointId, Resolved, Spec } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import type { PointPair } from '../domain/point.ts';
import { type PointText, pointIdToJson } from '../domain/point.ts';
import { templateOf } from '../domain/recipes-of.ts';
import { tooManyToBlame } from '../domain/retry-policy.ts';
import type { TextOrigin, TextSources } from '../ports/text-sources.ts';
import { askPatiently, type Patience } from './patience.ts';

export type TextContext = Patience & { readonly sources: TextSources; readonly origin: TextOrigin };

/** Absent where the texts are in the payloads. */
type WithTexts = { readonly texts?: TextContext | undefined };

/** Whether templates read more than payloads. */
export function readsTextsElsewhere({ source: { textFrom } }: Pick<Spec, 'source'>): boolean {
  return textFrom.url !== null || textFrom.file !== null;
}

/** Where a migration's texts are, besides the payloads; null: nowhere else. */
export function textOrigin({ source: { textFrom } }: Pick<Spec, 'source'>, pinned: PinnedTextFile | null): TextOrigin | null {
  const { url, file } = textFrom;
  if (url !== null) return { url };
  if (file === null) return null;
  if (pinned === null) throw new Error(`the plan did not see ${file}`);
  return { file, sha256: pinned.sha256 };
}

/** Under which name the fleet keeps the budget of a service of texts. */
export function serviceName(url: string): string {
  return `texts/${new URL(url).host}`;
}

/** The points with what `source.textFrom` has for them, in their order; as they are where the spec names nothing or they have it already. */
export async function withTexts({ texts }: WithTexts, points: readonly PointText[]): Promise<readonly PointText[]> {
  if (texts === undefined) return points;
  const { sources, origin, signal } = texts;
  if ('file' in origin) return filledIn(points, (ids) => sources.read(origin, ids, signal));
  const whom = serviceName(origin.url);
  return filledIn(points, (ids) => askPatiently(texts, whom, { inputs: ids.length, tokens: 0 }, () => sources.read(origin, ids, signal)));
}

/** The same in one try a request, each of a page: a service that takes a page of ids may take no more. */
export async function withTextsOnce(
  sources: TextSources,
  { spec, resolved }: { readonly spec: Spec; readonly resolved: Pick<Resolved, 'textFile'> },
  points: readonly PointText[],
): Promise<readonly PointText[]> {
  const origin = textOrigin(spec, resolved.textFile);
  if (origin === null) return points;
  const { pagePoints } = spec.copy;
  const filled: PointText[] = [];
  for (let from = 0; from < points.length; from += pagePoints)
    filled.push(...(await filledIn(points.slice(from, from + pagePoints), (ids) => sources.read(origin, ids))));
  return filled;
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
 * lack a vector made from text. Throws `text-source-bad-reply` where all texts of many points seem to be gone.
 */
export async function pairsWithTexts(
  context: WithTexts & { readonly spec: Spec },
  pairs: readonly PointPair[],
): Promise<readonly PointPair[]> {
  const { spec } = context;
  const made = Object.entries(spec.vectors).flatMap(([name, vector]) => (templateOf(vector) === undefined ? [] : [name]));
  const tell = ({ target }: PointPair) => spec.sync.hashField !== null || made.some((name) => target.vectors[name] === undefined);
  const told = pairs.filter(tell);
  const read = await withTexts(
    context,
    told.map(({ source }) => source),
  );
  refuseEmptiness(
    made,
    told.map(({ target }, at) => ({ target, source: read[at] ?? target })),
  );
  const sources = new Map(told.map(({ source }, at) => [source, read[at] ?? source]));
  return pairs.map((pair) => ({ ...pair, source: sources.get(pair.source) ?? pair.source }));
}

/** A service that has forgotten everything, or asks another database, would have the target's points removed one and all. */
function refuseEmptiness(made: readonly string[], pairs: readonly PointPair[]): void {
  if (pairs.length < tooManyToBlame) return;
  const isGone = ({ source, target }: PointPair) => source.elsewhere === null && made.some((name) => target.vectors[name] !== undefined);
  if (!pairs.every(isGone)) return;
  throw new ReembedError(
    'text-source-bad-reply',
    `source.textFrom has a text for none of ${pairs.length} points whose vectors were made from texts, from ${pairs[0]?.source.id.id} on: see what it answers for them`,
  );
}
