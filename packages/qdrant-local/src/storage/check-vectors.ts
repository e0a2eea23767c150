import { failure } from '../api-error.ts';
import type { NamedVectors, VectorInput } from '../vectors/vector-value.ts';
import type { Collection, Column } from './collection.ts';

/** Throws 400 where a vector's name, kind or dimension is not the collection's. */
export function checkVectors(collection: Collection, vectors: NamedVectors): void {
  for (const [name, vector] of vectors) checkVector(collection.column(name), vector);
}

/**
 * The part of the check that comes before anything of a request is written: dimensions of vectors whose names are known. Names and kinds are only looked at
 * point by point, so that a request may fail with some of its points written.
 */
export function checkDimensions(collection: Collection, vectors: NamedVectors): void {
  for (const [name, vector] of vectors) {
    const column = collection.columns.get(name);
    if (column === undefined || column.kind === 'sparse' || vector.kind === 'sparse' || vector.kind === 'document') continue;
    checkWidth(column.dimensions, vector, name);
  }
}

/** A dense vector given for a multivector is one row of it; the reverse does not hold. */
export function checkVector(column: Column, vector: VectorInput): void {
  if (vector.kind === 'document') throw failure.internal('InferenceService URL not configured - please provide valid address in config');
  if (column.kind === 'sparse' || vector.kind === 'sparse') {
    if (column.kind !== vector.kind) throw failure.wrongInput('Conversion between sparse and regular vectors failed');
    return;
  }
  if (column.kind === 'dense' && vector.kind === 'multi') throw failure.wrongInput('Conversion between multi and regular vectors failed');
  checkWidth(column.dimensions, vector, '');
}

function checkWidth(dimensions: number, vector: Exclude<VectorInput, { kind: 'sparse' | 'document' }>, name: string): void {
  const width = vector.kind === 'multi' ? vector.values.length / vector.rows : vector.values.length;
  if (width === dimensions) return;
  const where = name === '' ? '' : ` for vector '${name}'`;
  throw failure.wrongInput(`Vector dimension error: expected dim: ${dimensions}, got ${width}${where}`);
}
