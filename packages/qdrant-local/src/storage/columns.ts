import { failure } from '../api/api-error.ts';
import type { JsonObject } from '../json/json-value.ts';
import type { Datatype, Distance } from '../vectors/stored-form.ts';
import type { VectorInput } from '../vectors/vector-input.ts';
import { DenseColumn, MultiColumn } from './dense-columns.ts';
import { SparseColumn } from './sparse-column.ts';

/** The vectors of one name, a row per slot. */
export type Column = DenseColumn | MultiColumn | SparseColumn;

/** An empty column for the params of a vector; a dense one may be a multivector. */
export function columnFor(kind: 'dense' | 'sparse', params: JsonObject): Column {
  if (kind === 'sparse') return new SparseColumn();
  const form = {
    dimensions: Number(params.get('size')),
    distance: params.get('distance') as Distance,
    datatype: (params.get('datatype') ?? 'float32') as Datatype,
  };
  return params.has('multivector_config') ? new MultiColumn(form) : new DenseColumn(form);
}

/** Stores a vector that has been checked with `checkVector`. */
export function setRow(column: Column, slot: number, vector: VectorInput): void {
  if (column.kind === 'sparse') {
    if (vector.kind === 'sparse') column.set(slot, vector);
  } else if (vector.kind === 'dense' || vector.kind === 'multi') column.set(slot, vector.values);
}

/** Throws 400 where a vector is not of the column's kind and dimension, 500 for a document. A dense vector given for a multivector is one row of it; the reverse does not hold. */
export function checkVector(column: Column, vector: VectorInput): void {
  if (vector.kind === 'document') throw failure.noInference();
  if (column.kind === 'sparse' || vector.kind === 'sparse') {
    if (column.kind !== vector.kind) throw failure.wrongInput('Conversion between sparse and regular vectors failed');
    return;
  }
  if (column.kind === 'dense' && vector.kind === 'multi') throw failure.wrongInput('Conversion between multi and regular vectors failed');
  checkDimensions(column, vector, '');
}

/** Throws 400 where vectors that have a dimension differ in it; kinds are not looked at. `name` is for the error. */
export function checkDimensions(column: Column, vector: VectorInput, name: string): void {
  if (column.kind === 'sparse' || vector.kind === 'sparse' || vector.kind === 'document') return;
  const width = vector.kind === 'multi' ? vector.values.length / vector.rows : vector.values.length;
  if (width === column.dimensions) return;
  const where = name === '' ? '' : ` for vector '${name}'`;
  throw failure.wrongInput(`Vector dimension error: expected dim: ${column.dimensions}, got ${width}${where}`);
}
