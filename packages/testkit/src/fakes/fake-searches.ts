import { parseExactJson } from '@reembed/contracts';
import { type CollectionInfo, comparePointIds, type Hit, type PointText, ReembedError, type SearchRequest } from '@reembed/core';

type Collection = { readonly info: CollectionInfo; readonly points: readonly PointText[] };
type Stage = Pick<SearchRequest['profile'], 'using' | 'filter'>;
type Scored = { readonly point: PointText; readonly score: number };
type Sparse = { readonly indices: readonly number[]; readonly values: readonly number[] };

/** What Qdrant finds, every vector compared: nearest, prefetch, both fusions, and filters of `must` with `match.value` or `has_id`. */
export function searchPoints({ info, points }: Collection, { profile, queries, limit, fields }: SearchRequest): Hit[] {
  const nearest = (stage: Stage, among: readonly PointText[]): Scored[] => {
    const distance = distanceOf(info, stage.using);
    const query = JSON.parse(queries[stage.using] ?? 'null') as number[] | Sparse;
    const conditions = [...conditionsOf(stage.filter), ...conditionsOf(profile.filter)];
    return (conditions.length === 0 ? among : among.filter((point) => passes(conditions, point)))
      .flatMap((point) => scored(point, stage.using, query, distance))
      .sort((a, b) => (distance === 'Euclid' ? a.score - b.score : b.score - a.score));
  };
  const lists = profile.prefetch.map((stage) => nearest(stage, points).slice(0, stage.limit));
  const candidates = lists.length === 0 ? points : [...new Set(lists.flat().map(({ point }) => point))];
  const ranked = profile.fusion === null ? nearest(profile, candidates) : fused(lists, profile);
  return ranked.slice(0, limit ?? profile.limit).map(({ point, score }) => ({ id: point.id, score, payload: pick(point.payload, fields) }));
}

function distanceOf({ vectors, sparseVectors }: CollectionInfo, using: string): string {
  const distance = vectors[using]?.distance ?? (sparseVectors[using] === undefined ? undefined : 'Dot');
  if (distance === undefined) throw new ReembedError('qdrant-refused', `Not existing vector name error: ${using}`);
  return distance;
}

function scored(point: PointText, using: string, query: number[] | Sparse, distance: string): Scored[] {
  const text = point.vectors[using];
  if (text === undefined) return [];
  const vector = JSON.parse(text) as number[] | Sparse;
  if (!Array.isArray(query)) return sparseScore(point, query, vector as Sparse);
  const stored = vector as number[];
  if (stored.length !== query.length)
    throw new ReembedError('qdrant-refused', `Vector dimension error: expected dim: ${stored.length}, got ${query.length}`);
  if (distance === 'Euclid') return [{ point, score: Math.hypot(...query.map((x, i) => x - (stored[i] ?? 0))) }];
  const norms = distance === 'Cosine' ? Math.hypot(...query) * Math.hypot(...stored) : 1;
  return [{ point, score: norms === 0 ? 0 : dot(query, stored) / norms }];
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
}

function sparseScore(point: PointText, query: Sparse, vector: Sparse): Scored[] {
  const weights = new Map(vector.indices.map((index, at) => [index, vector.values[at] ?? 0]));
  const shared = query.indices.flatMap((index, at) => {
    const weight = weights.get(index);
    return weight === undefined ? [] : [weight * (query.values[at] ?? 0)];
  });
  return shared.length === 0 ? [] : [{ point, score: shared.reduce((a, b) => a + b, 0) }];
}

function fused(lists: readonly (readonly Scored[])[], { fusion, rrf }: SearchRequest['profile']): Scored[] {
  const sums = new Map<PointText, number>();
  for (const [at, list] of lists.entries()) {
    const weight = rrf?.weights?.[at] ?? 1;
    const weigh = fusion === 'rrf' ? (rank: number) => 1 / ((rank + 1) / weight + (rrf?.k ?? 2) - 1) : byDistribution(list);
    for (const [rank, { point }] of list.entries()) sums.set(point, (sums.get(point) ?? 0) + weigh(rank));
  }
  return [...sums].map(([point, score]) => ({ point, score })).sort((a, b) => b.score - a.score || comparePointIds(a.point.id, b.point.id));
}

/** Scores laid between three standard deviations below and above their mean. */
function byDistribution(list: readonly Scored[]): (rank: number) => number {
  const scores = list.map(({ score }) => score);
  const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
  const deviation = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / Math.max(1, scores.length - 1));
  return (rank) => (deviation === 0 ? 0.5 : ((scores[rank] ?? 0) - (mean - 3 * deviation)) / (6 * deviation));
}

type Condition = { readonly has_id: readonly unknown[] } | { readonly key: string; readonly match: { readonly value: unknown } };

function conditionsOf(filter: Stage['filter']): readonly Condition[] {
  const { must = [] } = parseExactJson(filter ?? '{}') as { must?: readonly Condition[] };
  return must;
}

function passes(conditions: readonly Condition[], { id, payload }: PointText): boolean {
  const values = parseExactJson(payload) as Record<string, unknown>;
  return conditions.every((condition) =>
    'has_id' in condition
      ? condition.has_id.some((one) => String(one) === id.id)
      : JSON.stringify(values[condition.key]) === JSON.stringify(condition.match.value),
  );
}

function pick(payload: string, fields: readonly string[]): string {
  const select = (value: unknown, path: string): unknown => {
    if (fields.includes(path) || typeof value !== 'object' || value === null) return fields.includes(path) ? value : undefined;
    const kept = Object.entries(value).map(([key, inner]) => [key, select(inner, path === '' ? key : `${path}.${key}`)] as const);
    const chosen = kept.filter(([, inner]) => inner !== undefined);
    return chosen.length === 0 && path !== '' ? undefined : Object.fromEntries(chosen);
  };
  return JSON.stringify(select(JSON.parse(payload), ''));
}
