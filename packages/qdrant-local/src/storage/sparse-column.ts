import type { ByteWriter } from '../json/byte-writer.ts';

export type SparseRow = { indices: Uint32Array; values: Float32Array };
const NOTHING: SparseRow = { indices: new Uint32Array(0), values: new Float32Array(0) };

/** A sparse vector per slot, indices ascending. */
export class SparseColumn {
  readonly kind = 'sparse';
  private readonly rows: (SparseRow | undefined)[] = [];
  count = 0;

  has(slot: number): boolean {
    return this.rows[slot] !== undefined;
  }

  set(slot: number, row: SparseRow): void {
    while (this.rows.length < slot) this.rows.push(undefined);
    if (this.rows[slot] === undefined) this.count++;
    this.rows[slot] = row;
  }

  remove(slot: number): void {
    if (this.rows[slot] === undefined) return;
    this.rows[slot] = undefined;
    this.count--;
  }

  get(slot: number): SparseRow {
    return this.rows[slot] ?? NOTHING;
  }

  write(slot: number, writer: ByteWriter): void {
    const { indices, values } = this.get(slot);
    writer
      .ascii(`{"indices":[${indices.join(',')}],"values":`)
      .floats(values)
      .ascii('}');
  }
}
