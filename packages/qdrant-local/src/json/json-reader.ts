import { type ApiError, failure } from '../api/api-error.ts';
import { type ScannedDecimal, scanDecimal, toDouble } from './decimal.ts';
import { FloatScan } from './float-scan.ts';
import type { JsonObject, JsonValue } from './json-value.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const EXACT_DIGITS = 15;

/** Where vectors are put together; shared, since reading one never stops in between. */
const vector = new FloatScan();

/**
 * Reads JSON from UTF-8 bytes, value by value, without an intermediate tree: callers take what they want where it stands.
 * Every method expects `pos` at the first byte of a value (blanks are skipped) and leaves it after the value. All throw a 400 `Format error` with the place.
 */
export class JsonReader {
  readonly bytes: Buffer;
  pos = 0;
  private depth = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  fail(message: string): ApiError {
    let line = 1;
    let column = 0;
    const end = Math.min(this.pos + 1, this.bytes.length);
    for (let i = 0; i < end; i++) {
      column++;
      if (this.bytes[i] === 0x0a) {
        line++;
        column = 0;
      }
    }
    return failure.format(`${message} at line ${line} column ${column}`);
  }

  /** The first byte of the next value; fails at the end of the text. */
  peek(): number {
    const bytes = this.bytes;
    let pos = this.pos;
    for (;;) {
      const byte = bytes[pos];
      if (byte === undefined) {
        this.pos = pos;
        throw this.fail('EOF while parsing a value');
      }
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
        this.pos = pos;
        return byte;
      }
      pos++;
    }
  }

  end(): void {
    for (; this.pos < this.bytes.length; this.pos++) {
      const byte = this.bytes[this.pos];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) throw this.fail('trailing characters');
    }
  }

  /** Calls `onKey` for every key with the reader at its value; `onKey` must read it. */
  object(onKey: (key: string) => void): void {
    if (this.peek() !== 0x7b) throw this.fail('expected an object');
    this.enter();
    this.pos++;
    if (this.peek() === 0x7d) {
      this.leave();
      return;
    }
    for (;;) {
      if (this.peek() !== QUOTE) throw this.fail('key must be a string');
      const key = this.string();
      if (this.peek() !== 0x3a) throw this.fail('expected `:`');
      this.pos++;
      onKey(key);
      const next = this.peek();
      if (next === 0x7d) break;
      if (next !== 0x2c) throw this.fail('expected `,` or `}`');
      this.pos++;
    }
    this.leave();
  }

  /** Calls `onItem` for every item with the reader at it; `onItem` must read it. */
  array(onItem: (index: number) => void): void {
    if (this.peek() !== 0x5b) throw this.fail('expected a sequence');
    this.enter();
    this.pos++;
    if (this.peek() === 0x5d) {
      this.leave();
      return;
    }
    for (let index = 0; ; index++) {
      onItem(index);
      const next = this.peek();
      if (next === 0x5d) break;
      if (next !== 0x2c) throw this.fail('expected `,` or `]`');
      this.pos++;
    }
    this.leave();
  }

  value(): JsonValue {
    const byte = this.peek();
    switch (byte) {
      case QUOTE:
        return this.string();
      case 0x7b: {
        const object: JsonObject = new Map();
        this.object((key) => object.set(key, this.value()));
        return object;
      }
      case 0x5b: {
        const items: JsonValue[] = [];
        this.array(() => items.push(this.value()));
        return items;
      }
      case 0x74:
        return this.word('true', true);
      case 0x66:
        return this.word('false', false);
      case 0x6e:
        return this.word('null', null);
      default:
        if (byte !== 0x2d && (byte < 0x30 || byte > 0x39)) throw this.fail('expected value');
        return this.number();
    }
  }

  string(): string {
    const bytes = this.bytes;
    const start = this.pos + 1;
    let pos = start;
    let plain = true;
    for (;;) {
      const byte = bytes[pos];
      if (byte === QUOTE) break;
      if (byte === undefined) {
        this.pos = pos;
        throw this.fail('EOF while parsing a string');
      }
      if (byte === BACKSLASH) {
        plain = false;
        pos++;
      } else if (byte >= 0x80) plain = false;
      else if (byte < 0x20) {
        this.pos = pos;
        throw this.fail('control character (\\u0000-\\u001F) found while parsing a string');
      }
      pos++;
    }
    this.pos = pos + 1;
    return plain ? bytes.toString('latin1', start, pos) : this.escaped(start - 1, pos + 1);
  }

  private escaped(start: number, end: number): string {
    try {
      const text: unknown = JSON.parse(this.bytes.toString('utf8', start, end));
      if (typeof text === 'string' && text.isWellFormed()) return text;
    } catch {
      throw this.fail('invalid escape');
    }
    throw this.fail('lone leading surrogate in hex escape');
  }

  /** bigint for an integer that fits i64 or u64, else the double. */
  number(): number | bigint {
    const start = this.pos;
    const decimal = this.decimal();
    const integral = decimal.integral;
    if (integral && !(decimal.negative && decimal.high === 0 && decimal.low === 0)) {
      const text = this.bytes.toString('latin1', start, this.pos);
      if (text.length <= EXACT_DIGITS) return BigInt(Number(text));
      const value = BigInt(text);
      if (value >= -9223372036854775808n && value <= 18446744073709551615n) return value;
    }
    const value = toDouble(decimal);
    if (value === undefined) throw this.fail('number out of range');
    return value;
  }

  /** A dense vector: the array of numbers at `pos` as a fresh Float32Array; undefined, with `pos` unchanged, where anything but numbers stands in it. */
  floats(): Float32Array | undefined {
    const start = this.pos;
    if (this.peek() !== 0x5b) return undefined;
    this.pos++;
    if (this.peek() === 0x5d) {
      this.pos++;
      return new Float32Array(0);
    }
    vector.length = 0;
    for (;;) {
      this.pos = vector.takePlain(this.bytes, this.pos);
      if (vector.closed) break;
      const byte = this.peek();
      if (byte === 0x5d) throw this.fail('trailing comma');
      if (byte !== 0x2d && (byte < 0x30 || byte > 0x39)) {
        this.pos = start;
        return undefined;
      }
      vector.push(this.longFloat());
      const next = this.peek();
      if (next === 0x5d) break;
      if (next !== 0x2c) throw this.fail('expected `,` or `]`');
      this.pos++;
    }
    this.pos++;
    return vector.copy();
  }

  private longFloat(): number {
    const value = toDouble(this.decimal());
    if (value === undefined) throw this.fail('number out of range');
    return value;
  }

  private decimal(): ScannedDecimal {
    const decimal = scanDecimal(this.bytes, this.pos);
    this.pos = decimal.end;
    if (!decimal.wellFormed) throw this.fail('invalid number');
    return decimal;
  }

  private word<T>(word: string, value: T): T {
    if (this.bytes.toString('latin1', this.pos, this.pos + word.length) !== word) throw this.fail('expected ident');
    this.pos += word.length;
    return value;
  }

  private enter(): void {
    if (++this.depth > 128) throw this.fail('recursion limit exceeded');
  }

  private leave(): void {
    this.pos++;
    this.depth--;
  }
}

/** The whole text as one value. Throws 400 `Format error`. */
export function parseJson(bytes: Buffer): JsonValue {
  const reader = new JsonReader(bytes);
  const value = reader.value();
  reader.end();
  return value;
}
