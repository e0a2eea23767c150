import { writeFloat32 } from './float32-text.ts';

/** Bytes are put together in one buffer that stays, and leave it as a copy of the right size; one too large to keep is given away instead. */
const KEPT_BYTES = 16 * 1024 * 1024;
const MAX_FLOAT_TEXT = 18;

let scratch: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Builds an answer as UTF-8 bytes: stored payload text goes in as it is, and vectors become digits without a string in between.
 * Only one writer may be at work at a time; `take` ends it.
 */
export class ByteWriter {
  private length = 0;

  text(text: string): this {
    this.reserve(text.length * 3);
    this.length += scratch.write(text, this.length, 'utf8');
    return this;
  }

  /** For text that holds nothing above U+007F: faster, where the caller knows it. */
  ascii(text: string): this {
    this.reserve(text.length);
    this.length += scratch.write(text, this.length, 'latin1');
    return this;
  }

  /** A vector as `[1.0,0.5]`: the shortest text of each 32-bit float. */
  floats(values: Float32Array, from = 0, to = values.length): this {
    this.reserve((to - from) * MAX_FLOAT_TEXT + 2);
    const bytes = scratch;
    let at = this.length;
    bytes[at++] = 0x5b;
    for (let i = from; i < to; i++) {
      if (i > from) bytes[at++] = 0x2c;
      at = writeFloat32(values[i] as number, bytes, at);
    }
    bytes[at++] = 0x5d;
    this.length = at;
    return this;
  }

  /** An array of what `write` puts down for each item. */
  list<T>(items: Iterable<T>, write: (item: T) => void): this {
    let before = '[';
    for (const item of items) {
      this.ascii(before);
      write(item);
      before = ',';
    }
    return this.ascii(before === '[' ? '[]' : ']');
  }

  take(): Buffer {
    const taken = scratch.length > KEPT_BYTES ? scratch.subarray(0, this.length) : Buffer.from(scratch.subarray(0, this.length));
    if (scratch.length > KEPT_BYTES) scratch = Buffer.allocUnsafeSlow(64 * 1024);
    this.length = 0;
    return taken;
  }

  private reserve(more: number): void {
    const wanted = this.length + more;
    if (wanted <= scratch.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(wanted, scratch.length * 2));
    scratch.copy(grown, 0, 0, this.length);
    scratch = grown;
  }
}
