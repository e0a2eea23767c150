import { failure } from '../api-error.ts';
import type { NamedVectors, VectorInput } from '../vectors/vector-value.ts';
import type { Collection, Column } from './collection.ts';

/** Throws 400 where a vector's name, kind or dimension is not the collection's. */
export function checkVectors(collection: Collection, vectors: NamedVectors): void {
  for (const [name, vector] of vectors) checkVector(collection.column(name), vector);
}

/** A dense vector given for a multivector is one row of it; the reverse holds for a single row. */
export function checkVector(column: Column, vector: VectorInput): void {
  if (vector.kind === 'document') throw failure.internal('InferenceService URL not configured - please provide valid address in config');
  if (column.kind === 'sparse' || vector.kind === 'sparse') {
    if (column.kind !== vector.kind) throw failure.wrongInput('Conversion between sparse and regular vectors failed');
    return;
  }
  if (column.kind === 'dense' && vector.kind === 'multi') throw failure.wrongInput('Conversion between multi and regular vectors failed');
  const width = vector.kind === 'multi' ? vector.values.length / vector.rows : vector.values.length;
  if (width !== column.dimensions) throw failure.wrongInput(`Vector dimension error: expected dim: ${column.dimensions}, got ${width}`);
}
