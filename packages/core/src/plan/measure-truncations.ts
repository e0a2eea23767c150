import type { Plan } from '@reembed/contracts';
import { expectedOverlap } from '../domain/expected-overlap.ts';
import { sourceFilter } from '../domain/source-points.ts';
import type { Points } from '../ports/collections.ts';
import type { PlanScene } from '../recipes/plan-scene.ts';
import { cutVector, isMultivector, readRows } from '../recipes/stored-vector.ts';

/** Vectors compared with each other, and those of them that are asked as queries. */
const sampledVectors = 1_000;
const sampledQueries = 100;
const depth = 10;

/**
 * What cutting loses, before anything is created: of the ten nearest neighbours by the whole vectors, the share that is among the ten
 * nearest by the cut ones, exact and in memory, on a random sample. Not measured for multivectors.
 */
export async function measureTruncations(
  points: Pick<Points, 'sample'>,
  { spec, around: { source }, points: all }: PlanScene,
): Promise<Plan['truncations']> {
  if (source === null) return [];
  const measured: Plan['truncations'] = [];
  for (const [vector, { truncate, distance }] of Object.entries(spec.vectors)) {
    const params = truncate === undefined ? undefined : source.vectors[truncate.vector];
    if (truncate === undefined || params === undefined) continue;
    const { vector: from, dimensions } = truncate;
    const options = { vectors: [from], filter: sourceFilter(spec) };
    const sample = isMultivector(params) ? [] : await points.sample(source.name, sampledVectors, options);
    const whole = sample.flatMap(({ vectors }) => (vectors[from] === undefined ? [] : readRows(vectors[from]).rows));
    const bySize = (size: number) =>
      overlap(whole.slice(0, size), dimensions, similarityOf(params.distance), similarityOf(distance ?? params.distance));
    const overlapAt10 = bySize(whole.length);
    const expectedOverlapAt10 =
      overlapAt10 === null ? null : expectedOverlap(overlapAt10, bySize(Math.floor(whole.length / 4)), all / whole.length);
    measured.push({ vector, from, dimensions, sampledVectors: whole.length, overlapAt10, expectedOverlapAt10 });
  }
  return measured;
}

/** Null where there are too few vectors for ten neighbours to be a choice. */
function overlap(whole: readonly Float32Array[], dimensions: number, before: Similarity, after: Similarity): number | null {
  const usable = whole.flatMap((vector) => {
    const cut = cutVector(vector, dimensions);
    return cut === null ? [] : [{ vector, cut }];
  });
  if (usable.length <= depth * 2) return null;
  const vectors = usable.map(({ vector }) => vector);
  const cuts = usable.map(({ cut }) => cut);
  const queries = Math.min(sampledQueries, usable.length);
  let shared = 0;
  for (let query = 0; query < queries; query++) {
    const near = new Set(ranksOf(vectors, query, depth, before));
    shared += ranksOf(cuts, query, depth, after).filter((at) => near.has(at)).length;
  }
  return shared / (queries * depth);
}

/** The larger, the nearer. */
export type Similarity = (a: Float32Array, b: Float32Array) => number;

/** The order that a distance of Qdrant gives, as numbers that grow with nearness. */
export function similarityOf(distance: string): Similarity {
  if (distance === 'Cosine') return (a, b) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  if (distance === 'Euclid') return (a, b) => -total(a, b, (x) => x * x);
  if (distance === 'Manhattan') return (a, b) => -total(a, b, Math.abs);
  return dot;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function total(a: Float32Array, b: Float32Array, of: (difference: number) => number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += of((a[i] ?? 0) - (b[i] ?? 0));
  return sum;
}

/** The positions of the `limit` vectors nearest to the one at `query`, without itself; equal ones in their order. */
export function ranksOf(vectors: readonly Float32Array[], query: number, limit: number, similarity: Similarity): number[] {
  const asked = vectors[query] ?? new Float32Array();
  const scored = vectors.flatMap((vector, at) => (at === query ? [] : [{ at, score: similarity(asked, vector) }]));
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ at }) => at);
}
