import type { StoredAs } from '@reembed/contracts';
import type { WrittenVector } from '../domain/point.ts';
import type { VectorSchema } from './target-vector.ts';

/** How the server keeps the numbers of a vector, as far as it can change them. */
export function storedAs({ kind, params }: VectorSchema): StoredAs {
  // The datatype of a sparse vector is that of its index: what is read back is the f32 that was written (seen on 1.19).
  const datatype = kind === 'sparse' ? undefined : params.datatype;
  return { distance: kind === 'sparse' ? null : String(params.distance), datatype: typeof datatype === 'string' ? datatype : 'float32' };
}

/** Whether each point has rows of a vector: late interaction, as of ColBERT. */
export function isMultivector(params: Readonly<Record<string, unknown>>): boolean {
  return params.multivector_config !== undefined && params.multivector_config !== null;
}

/** Rows weigh more than everything else in a point, and few of them are read by a search that uses them to rank anew: on disk, where nothing else is said. */
export function onDiskByDefault(params: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return isMultivector(params) ? { on_disk: true } : {};
}

/** Whether `stored` is what the server makes of `sent`: the same text, or every number within one step of the datatype it is kept in. */
export function isStoredForm(sent: string, stored: string, as: StoredAs = { distance: null, datatype: 'float32' }): boolean {
  if (sent === stored) return true;
  const [a, b]: [unknown, unknown] = [JSON.parse(sent), JSON.parse(stored)];
  if (as.datatype === 'turbo4') return rowsAgree(a, b);
  return agree(a, b, steps[as.datatype] ?? steps.float32);
}

/** How many steps of a datatype lie between a number that was sent and one that is stored. */
type StepsBetween = (sent: number, stored: number) => number;

const steps: Record<string, StepsBetween> & { float32: StepsBetween } = {
  float32: float32Steps,
  float16: (sent, stored) => Math.abs(float16Order(sent) - float16Order(stored)),
  // Whole numbers from 0 to 255, cut towards zero.
  uint8: (sent, stored) => Math.abs(Math.min(255, Math.max(0, Math.trunc(sent))) - stored),
};

function agree(a: unknown, b: unknown, between: StepsBetween): boolean {
  if (typeof a === 'number' && typeof b === 'number') return between(a, b) <= 1;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => agree(Reflect.get(a, key), Reflect.get(b, key), key === 'indices' ? different : between));
}

/** Ids of tokens are names, not amounts. */
const different: StepsBetween = (a, b) => (a === b ? 0 : 2);

const float = new Float32Array(2);
const bits = new Int32Array(float.buffer);

function float32Steps(a: number, b: number): number {
  float[0] = a;
  float[1] = b;
  return Math.abs(ordered(bits[0] ?? 0) - ordered(bits[1] ?? 0));
}

/** The bit pattern of an f32 as an integer that grows with the number. */
function ordered(pattern: number): number {
  return pattern >= 0 ? pattern : -0x8000_0000 - pattern;
}

const half = new DataView(new ArrayBuffer(2));

/** The bit pattern of the nearest half-precision float, as an integer that grows with the number. */
function float16Order(value: number): number {
  half.setFloat16(0, value);
  const pattern = half.getInt16(0);
  return pattern >= 0 ? pattern : -0x8000 - pattern;
}

/**
 * A 4-bit code keeps a direction, not numbers, and (seen on 1.19) makes vectors under Dot and the like a few per cent longer with every
 * copy: as close as it comes.
 */
const minTurboCosine = 0.95;

function rowsAgree(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  if (a.some(Array.isArray)) return a.every((row, at) => rowsAgree(row, b[at]));
  return cosine(a, b) >= minTurboCosine;
}

function cosine(a: readonly number[], b: readonly number[]): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i] ?? 0;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa === 0 || bb === 0 ? Number(aa === bb) : dot / Math.sqrt(aa * bb);
}

/** A vector, or the rows of a multivector, of f32. */
export type Rows = { readonly rows: readonly Float32Array[]; readonly multi: boolean };

/** Reads a flat vector or a multivector from its JSON text. */
export function readRows(text: string): Rows {
  const value = JSON.parse(text) as number[] | number[][];
  const multi = Array.isArray(value[0]);
  return { rows: (multi ? (value as number[][]) : [value as number[]]).map((row) => Float32Array.from(row)), multi };
}

/** Rows to write: a flat vector as the values it is, a multivector as text. */
export function writtenRows(made: Rows, encode: (row: Float32Array) => string): WrittenVector {
  const [row] = made.rows;
  return made.multi || row === undefined ? writeRows(made, encode) : row;
}

/** The JSON text of rows. */
export function writeRows({ rows, multi }: Rows, encode: (row: Float32Array) => string): string {
  const texts = rows.map(encode);
  return multi ? `[${texts.join(',')}]` : (texts[0] ?? '[]');
}

/**
 * The first `dimensions` values, divided by their length: f32 in, the length summed in double precision, every quotient rounded to f32 once.
 * That is what OpenAI's guide does for text-embedding-3 (https://platform.openai.com/docs/guides/embeddings) and what `dimensions` in a
 * request gives. Null where the values are all zero, which have no direction.
 */
export function cutVector(vector: Float32Array, dimensions: number): Float32Array | null {
  const cut = vector.subarray(0, dimensions);
  let squared = 0;
  for (const value of cut) squared += value * value;
  const length = Math.sqrt(squared);
  return length > 0 && Number.isFinite(length) ? cut.map((value) => value / length) : null;
}

/** What the text of a vector gives away without parsing it: a null is a number that was not finite, no digit above 0 means all zeros. */
export function vectorFault(text: string): 'vector-not-finite' | 'vector-zero' | null {
  if (text.includes('null')) return 'vector-not-finite';
  const values = text.startsWith('{') ? (/"values":[^\]]*/.exec(text)?.[0] ?? '') : text;
  return /[1-9]/.test(values) ? null : 'vector-zero';
}
