import type { ByteWriter } from '../json/byte-writer.ts';
import { type Datatype, type Distance, type StoredForm, toStoredForm } from '../vectors/stored-form.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;
const FIRST_ROWS = 64;

/**
 * One dense vector per slot, row-major in chunks of a fixed number of rows: chunks are added, never copied, so growing takes no second copy
 * (only the first chunk starts small and doubles). Rows are stored ready for scoring.
 */
export class DenseColumn {
  readonly kind = 'dense';
  readonly dimensions: number;
  readonly rowsPerChunk: number;
  readonly chunks: Float32Array[] = [];
  count = 0;
  readonly distance: Distance;
  readonly datatype: Datatype;
  private present = new Uint8Array(FIRST_ROWS);

  constructor(options: StoredForm) {
    this.dimensions = options.dimensions;
    this.distance = options.distance;
    this.datatype = options.datatype;
    this.rowsPerChunk = Math.max(FIRST_ROWS, 2 ** Math.floor(Math.log2(CHUNK_BYTES / 4 / options.dimensions)));
  }

  has(slot: number): boolean {
    return this.present[slot] === 1;
  }

  set(slot: number, values: Float32Array): void {
    if (slot >= this.present.length) this.present = grown(this.present, slot);
    if (this.present[slot] === 0) this.count++;
    this.present[slot] = 1;
    const chunk = this.chunkOf(slot);
    const from = this.rowStart(slot);
    chunk.set(values, from);
    toStoredForm(this, chunk, from, from + this.dimensions);
  }

  remove(slot: number): void {
    if (this.present[slot] !== 1) return;
    this.present[slot] = 0;
    this.count--;
  }

  /** The stored vector; a view that is valid until the next write. */
  get(slot: number): Float32Array {
    const from = this.rowStart(slot);
    return this.chunkOf(slot).subarray(from, from + this.dimensions);
  }

  write(slot: number, writer: ByteWriter): void {
    const from = this.rowStart(slot);
    writer.floats(this.chunkOf(slot), from, from + this.dimensions);
  }

  rowStart(slot: number): number {
    return (slot % this.rowsPerChunk) * this.dimensions;
  }

  private chunkOf(slot: number): Float32Array {
    const at = Math.floor(slot / this.rowsPerChunk);
    const rows = (slot % this.rowsPerChunk) + 1;
    while (this.chunks.length <= at) this.chunks.push(new Float32Array(0));
    let chunk = this.chunks[at] ?? new Float32Array(0);
    if (chunk.length < rows * this.dimensions) {
      const wanted = at > 0 ? this.rowsPerChunk : Math.min(this.rowsPerChunk, Math.max(FIRST_ROWS, rows * 2));
      const larger = new Float32Array(wanted * this.dimensions);
      larger.set(chunk);
      chunk = larger;
      this.chunks[at] = chunk;
    }
    return chunk;
  }
}

function grown(bytes: Uint8Array, slot: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(slot + 1, bytes.length * 2));
  larger.set(bytes);
  return larger;
}

/** A multivector per slot: any number of rows of the same length, row-major, stored ready for scoring. */
export class MultiColumn {
  readonly kind = 'multi';
  readonly dimensions: number;
  readonly distance: Distance;
  readonly datatype: Datatype;
  private readonly rows: (Float32Array | undefined)[] = [];
  count = 0;

  constructor(options: StoredForm) {
    this.dimensions = options.dimensions;
    this.distance = options.distance;
    this.datatype = options.datatype;
  }

  has(slot: number): boolean {
    return this.rows[slot] !== undefined;
  }

  set(slot: number, values: Float32Array): void {
    const stored = values.slice();
    toStoredForm(this, stored, 0, stored.length);
    while (this.rows.length < slot) this.rows.push(undefined);
    if (this.rows[slot] === undefined) this.count++;
    this.rows[slot] = stored;
  }

  remove(slot: number): void {
    if (this.rows[slot] === undefined) return;
    this.rows[slot] = undefined;
    this.count--;
  }

  get(slot: number): Float32Array {
    return this.rows[slot] ?? new Float32Array(0);
  }

  write(slot: number, writer: ByteWriter): void {
    const values = this.get(slot);
    writer.ascii('[');
    for (let from = 0; from < values.length; from += this.dimensions) {
      if (from > 0) writer.ascii(',');
      writer.floats(values, from, from + this.dimensions);
    }
    writer.ascii(']');
  }
}
