import type { Datatype } from '../vectors/datatypes.ts';
import type { Distance } from '../vectors/normalise.ts';

/**
 * How alike two vectors are, larger is closer: the row of `rows` that starts at `start`, and `query`, both of `query.length` components.
 * Euclid and Manhattan give the negated (squared) distance; `scoreOf` turns it into what an answer shows.
 */
export type Similarity = (rows: Float32Array, start: number, query: Float32Array) => number;

const SIMILARITIES: Record<Distance, Similarity> = { Cosine: dot, Dot: dot, Euclid: negatedSquares, Manhattan: negatedSteps };

/** Bytes are stored as they came, so their cosine is divided by both lengths here. */
export function similarityOf(distance: Distance, datatype: Datatype): Similarity {
  return distance === 'Cosine' && datatype === 'uint8' ? byteCosine : SIMILARITIES[distance];
}

/** The score shown for a similarity, as a 32-bit float: distances are positive there. */
export function scoreOf(distance: Distance, similarity: number): number {
  if (distance === 'Euclid') return Math.fround(Math.sqrt(Math.abs(similarity)));
  if (distance === 'Manhattan') return Math.fround(Math.abs(similarity));
  return Math.fround(similarity);
}

export function smallerIsBetter(distance: Distance): boolean {
  return distance === 'Euclid' || distance === 'Manhattan';
}

/** Eight sums at once: they do not wait for each other, which makes the scan several times faster than one running sum. */
function dot(rows: Float32Array, start: number, query: Float32Array): number {
  const length = query.length;
  const whole = length & ~7;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0, j = start; i < whole; i += 8, j += 8) {
    a += at(query, i) * at(rows, j) + at(query, i + 4) * at(rows, j + 4);
    b += at(query, i + 1) * at(rows, j + 1) + at(query, i + 5) * at(rows, j + 5);
    c += at(query, i + 2) * at(rows, j + 2) + at(query, i + 6) * at(rows, j + 6);
    d += at(query, i + 3) * at(rows, j + 3) + at(query, i + 7) * at(rows, j + 7);
  }
  for (let i = whole; i < length; i++) a += at(query, i) * at(rows, start + i);
  return a + b + (c + d);
}

function byteCosine(rows: Float32Array, start: number, query: Float32Array): number {
  const row = rows.subarray(start, start + query.length);
  const squares = dot(row, 0, row) * dot(query, 0, query);
  return squares === 0 ? 0 : dot(rows, start, query) / Math.sqrt(squares);
}

function negatedSquares(rows: Float32Array, start: number, query: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < query.length; i++) {
    const off = at(query, i) - at(rows, start + i);
    sum += off * off;
  }
  return -sum;
}

function negatedSteps(rows: Float32Array, start: number, query: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < query.length; i++) sum += Math.abs(at(query, i) - at(rows, start + i));
  return -sum;
}

/** Inside the bounds there is always a number; saying so without a check keeps the loops tight. */
function at(values: Float32Array, index: number): number {
  return values[index] as number;
}
