import type { ByteWriter } from '../json/byte-writer.ts';
import { type Datatype, roundTo } from '../vectors/datatypes.ts';
import { type Distance, normalise } from '../vectors/normalise.ts';

/** A multivector per slot: any number of rows of the same length, row-major, stored ready for scoring. */
export class MultiColumn {
  readonly kind = 'multi';
  readonly dimensions: number;
  readonly distance: Distance;
  readonly datatype: Datatype;
  private readonly rows: (Float32Array | undefined)[] = [];
  count = 0;

  constructor(options: { dimensions: number; distance: Distance; datatype: Datatype }) {
    this.dimensions = options.dimensions;
    this.distance = options.distance;
    this.datatype = options.datatype;
  }

  has(slot: number): boolean {
    return this.rows[slot] !== undefined;
  }

  set(slot: number, values: Float32Array): void {
    const stored = values.slice();
    if (this.distance === 'Cosine' && this.datatype !== 'uint8') {
      for (let from = 0; from < stored.length; from += this.dimensions) normalise(stored, from, from + this.dimensions);
    }
    roundTo(this.datatype, stored, 0, stored.length);
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
