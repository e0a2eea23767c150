import type { Datatype, Distance } from '../vectors/stored-form.ts';

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

/** Four sums that do not wait for each other make the scan several times faster than one. */
function dot(rows: Float32Array, start: number, query: Float32Array): number {
  const length = query.length;
  const whole = length & ~7;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0, j = start; i < whole; i += 8, j += 8) {
    a += (query[i] as number) * (rows[j] as number) + (query[i + 4] as number) * (rows[j + 4] as number);
    b += (query[i + 1] as number) * (rows[j + 1] as number) + (query[i + 5] as number) * (rows[j + 5] as number);
    c += (query[i + 2] as number) * (rows[j + 2] as number) + (query[i + 6] as number) * (rows[j + 6] as number);
    d += (query[i + 3] as number) * (rows[j + 3] as number) + (query[i + 7] as number) * (rows[j + 7] as number);
  }
  for (let i = whole; i < length; i++) a += (query[i] as number) * (rows[start + i] as number);
  return a + b + (c + d);
}

function byteCosine(rows: Float32Array, start: number, query: Float32Array): number {
  const row = rows.subarray(start, start + query.length);
  const squares = dot(row, 0, row) * dot(query, 0, query);
  return squares === 0 ? 0 : dot(rows, start, query) / Math.sqrt(squares);
}

function negatedSquares(rows: Float32Array, start: number, query: Float32Array): number {
  let even = 0;
  let odd = 0;
  const whole = query.length & ~1;
  for (let i = 0, j = start; i < whole; i += 2, j += 2) {
    const first = (query[i] as number) - (rows[j] as number);
    const second = (query[i + 1] as number) - (rows[j + 1] as number);
    even += first * first;
    odd += second * second;
  }
  if (whole < query.length) even += ((query[whole] as number) - (rows[start + whole] as number)) ** 2;
  return -(even + odd);
}

function negatedSteps(rows: Float32Array, start: number, query: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < query.length; i++) sum += Math.abs((query[i] as number) - (rows[start + i] as number));
  return -sum;
}
