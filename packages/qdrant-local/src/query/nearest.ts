import { failure } from '../api/api-error.ts';
import type { Collection } from '../storage/collection.ts';
import type { DenseColumn, MultiColumn } from '../storage/dense-columns.ts';
import type { SparseColumn } from '../storage/sparse-column.ts';
import { toStoredForm } from '../vectors/stored-form.ts';
import type { MultiVector, SparseVector, VectorInput } from '../vectors/vector-input.ts';
import { type Scored, TopPoints } from './ranking.ts';
import { scoreOf, similarityOf, smallerIsBetter } from './similarity.ts';

/** `accepts`: whether a slot may be among the results. `threshold`: the score that results have to be better than. */
export type NearestOptions = { limit: number; threshold: number | undefined; accepts: (slot: number) => boolean };

/** The nearest points to a vector, best first, by looking at every one. The vector must have been checked against the column. */
export function nearest(collection: Collection, name: string, vector: VectorInput, options: NearestOptions): Scored[] {
  const column = collection.column(name);
  if (column.kind === 'sparse') return vector.kind === 'sparse' ? nearestSparse(collection, column, name, vector, options) : [];
  if (vector.kind !== 'dense' && vector.kind !== 'multi') throw failure.wrongInput('Conversion between sparse and regular vectors failed');
  const values = vector.values.slice();
  toStoredForm(column, values, 0, values.length);
  return column.kind === 'dense'
    ? nearestDense(collection, column, values, options)
    : nearestMulti(collection, column, { ...vector, kind: 'multi', values, rows: values.length / column.dimensions }, options);
}

/** Collects candidates by similarity (larger is closer) and shows them by score. */
function collect(
  column: DenseColumn | MultiColumn,
  { limit, threshold }: NearestOptions,
  scan: (offer: (slot: number, similarity: number) => void) => void,
): Scored[] {
  const top = new TopPoints(limit);
  const sign = smallerIsBetter(column.distance) ? -1 : 1;
  scan((slot, similarity) => {
    if (similarity > top.floor && (threshold === undefined || sign * scoreOf(column.distance, similarity) > sign * threshold))
      top.offer(slot, similarity);
  });
  return top.sorted().map(({ slot, score }) => ({ slot, score: scoreOf(column.distance, score) }));
}

function nearestDense(collection: Collection, column: DenseColumn, query: Float32Array, options: NearestOptions): Scored[] {
  const similarity = similarityOf(column.distance, column.datatype);
  return collect(column, options, (offer) => {
    for (let slot = 0; slot < collection.slotLimit; slot++) {
      if (!column.has(slot) || !options.accepts(slot)) continue;
      const chunk = column.chunks[Math.floor(slot / column.rowsPerChunk)];
      if (chunk !== undefined) offer(slot, similarity(chunk, column.rowStart(slot), query));
    }
  });
}

/** Max-sim: for every row of the query the best row of the point, summed. */
function nearestMulti(collection: Collection, column: MultiColumn, query: MultiVector, options: NearestOptions): Scored[] {
  const similarity = similarityOf(column.distance, column.datatype);
  const rows = Array.from({ length: query.rows }, (_, i) => query.values.subarray(i * column.dimensions, (i + 1) * column.dimensions));
  return collect(column, options, (offer) => {
    for (let slot = 0; slot < collection.slotLimit; slot++) {
      if (!column.has(slot) || !options.accepts(slot)) continue;
      const stored = column.get(slot);
      let sum = 0;
      for (const row of rows) {
        let best = Number.NEGATIVE_INFINITY;
        for (let from = 0; from < stored.length; from += column.dimensions) best = Math.max(best, similarity(stored, from, row));
        sum += best;
      }
      offer(slot, sum);
    }
  });
}

/** Points that share an index with the query, by the dot product; with the idf modifier the query's weights are scaled by how rare each index is. */
function nearestSparse(
  collection: Collection,
  column: SparseColumn,
  name: string,
  query: SparseVector,
  { limit, threshold, accepts }: NearestOptions,
): Scored[] {
  const idf = collection.config.sparse.get(name)?.get('modifier') === 'idf';
  const weights = new Map<number, number>();
  for (const [i, index] of query.indices.entries())
    weights.set(index, (query.values[i] ?? 0) * (idf ? inverseFrequency(column, index) : 1));
  const top = new TopPoints(limit);
  for (const [slot, score] of column.dotProducts(weights)) {
    const shown = Math.fround(score);
    if (accepts(slot) && (threshold === undefined || shown > threshold)) top.offer(slot, shown);
  }
  return top.sorted();
}

/** https://en.wikipedia.org/wiki/Okapi_BM25 with the count of vectors for the count of documents. */
function inverseFrequency(column: SparseColumn, index: number): number {
  const found = column.frequency(index);
  return Math.fround(Math.log((column.indexed - found + 0.5) / (found + 0.5) + 1));
}
