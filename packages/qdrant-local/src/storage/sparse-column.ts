import type { ByteWriter } from '../json/byte-writer.ts';

export type SparseRow = { indices: Uint32Array; values: Float32Array };
const NOTHING: SparseRow = { indices: new Uint32Array(0), values: new Float32Array(0) };

/** A sparse vector per slot, indices ascending, and for every index the slots that have it with their values. */
export class SparseColumn {
  readonly kind = 'sparse';
  private readonly rows: (SparseRow | undefined)[] = [];
  private readonly postings = new Map<number, Map<number, number>>();
  count = 0;
  /** Vectors that are not empty: those that idf counts. */
  indexed = 0;

  has(slot: number): boolean {
    return this.rows[slot] !== undefined;
  }

  set(slot: number, row: SparseRow): void {
    this.remove(slot);
    while (this.rows.length < slot) this.rows.push(undefined);
    this.rows[slot] = row;
    this.count++;
    if (row.indices.length > 0) this.indexed++;
    for (const [i, index] of row.indices.entries()) {
      let posting = this.postings.get(index);
      if (posting === undefined) {
        posting = new Map();
        this.postings.set(index, posting);
      }
      posting.set(slot, row.values[i] ?? 0);
    }
  }

  remove(slot: number): void {
    const row = this.rows[slot];
    if (row === undefined) return;
    this.rows[slot] = undefined;
    this.count--;
    if (row.indices.length > 0) this.indexed--;
    for (const index of row.indices) this.postings.get(index)?.delete(slot);
  }

  get(slot: number): SparseRow {
    return this.rows[slot] ?? NOTHING;
  }

  /** How many vectors have the index. */
  frequency(index: number): number {
    return this.postings.get(index)?.size ?? 0;
  }

  /** Slot to dot product, of all vectors that share an index with `weights`. */
  dotProducts(weights: ReadonlyMap<number, number>): Map<number, number> {
    const sums = new Map<number, number>();
    for (const [index, weight] of weights) {
      for (const [slot, value] of this.postings.get(index) ?? []) sums.set(slot, (sums.get(slot) ?? 0) + value * weight);
    }
    return sums;
  }

  write(slot: number, writer: ByteWriter): void {
    const { indices, values } = this.get(slot);
    writer
      .ascii(`{"indices":[${indices.join(',')}],"values":`)
      .floats(values)
      .ascii('}');
  }
}
