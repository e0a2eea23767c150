import { type ApiError, failure } from '../api-error.ts';
import { type Decimal, toDouble } from './decimal.ts';
import type { JsonObject, JsonValue } from './json-value.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const TWO_32 = 4294967296;
const U64_TENTH = 1844674407370955161n;
const EXACT_DIGITS = 15;

/** Where vectors are put together; shared, since reading one never stops in between. */
let scratch = new Float32Array(4096);

/**
 * Reads JSON from UTF-8 bytes, value by value, without an intermediate tree: callers take what they want where it stands.
 * Every method expects `pos` at the first byte of a value (blanks are skipped) and leaves it after the value. All throw a 400 `Format error` with the place.
 */
export class JsonReader {
  readonly bytes: Buffer;
  pos = 0;
  private closed = false;
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
    for (let length = 0; ; this.pos++) {
      length = this.plainFloats(length);
      if (this.closed) {
        this.pos++;
        return scratch.slice(0, length);
      }
      const byte = this.peek();
      if (byte === 0x5d) throw this.fail('trailing comma');
      if (byte !== 0x2d && !isDigit(byte)) {
        this.pos = start;
        return undefined;
      }
      this.keep(length++, this.longFloat());
      const next = this.peek();
      if (next === 0x5d) {
        this.pos++;
        return scratch.slice(0, length);
      }
      if (next !== 0x2c) throw this.fail('expected `,` or `]`');
    }
  }

  /**
   * Reads numbers as long as they are what vectors are made of: no exponent, no blanks, at most nine digits and nine more after the point. Both halves are
   * 32-bit integers, put together with a single rounding. Stops at the closing bracket, then `closed`, or before the first number that is not like that;
   * returns the count.
   */
  private plainFloats(from: number): number {
    const bytes = this.bytes;
    let length = from;
    this.closed = false;
    for (let pos = this.pos; ; pos++) {
      const negative = bytes[pos] === 0x2d;
      const first = negative ? pos + 1 : pos;
      let at = first;
      let digit = (bytes[at] as number) - 0x30;
      let head = 0;
      let count = 0;
      for (; digit >= 0 && digit <= 9 && count < 9; count++) {
        head = (Math.imul(head, 10) + digit) | 0;
        digit = (bytes[++at] as number) - 0x30;
      }
      const whole = count;
      let tail = 0;
      let tailCount = 0;
      if (digit === POINT) {
        digit = (bytes[++at] as number) - 0x30;
        for (; digit >= 0 && digit <= 9 && count < 9; count++) {
          head = (Math.imul(head, 10) + digit) | 0;
          digit = (bytes[++at] as number) - 0x30;
        }
        for (; digit >= 0 && digit <= 9 && tailCount < 9; tailCount++) {
          tail = (Math.imul(tail, 10) + digit) | 0;
          digit = (bytes[++at] as number) - 0x30;
        }
        if (count + tailCount === whole) digit = POINT;
      }
      this.pos = pos;
      if ((digit !== COMMA && digit !== CLOSE) || whole === 0 || (whole > 1 && bytes[first] === 0x30)) return length;
      const value =
        (tailCount === 0 ? head : joined(head, tail, POWERS[tailCount] as number)) / (POWERS[count - whole + tailCount] as number);
      this.keep(length++, negative ? -value : value);
      pos = at;
      this.pos = at;
      if (digit === CLOSE) {
        this.closed = true;
        return length;
      }
    }
  }

  private keep(place: number, value: number): void {
    if (place === scratch.length) {
      const grown = new Float32Array(place * 2);
      grown.set(scratch);
      scratch = grown;
    }
    scratch[place] = value;
  }

  private longFloat(): number {
    const value = toDouble(this.decimal());
    if (value === undefined) throw this.fail('number out of range');
    return value;
  }

  private decimal(): Decimal & { integral: boolean } {
    const bytes = this.bytes;
    let pos = this.pos;
    const negative = bytes[pos] === 0x2d;
    if (negative) pos++;
    const out = { negative, high: 0, low: 0, exponent: 0, integral: true };
    const firstDigit = pos;
    while (isDigit(bytes[pos])) pos++;
    if (pos === firstDigit || (pos > firstDigit + 1 && bytes[firstDigit] === 0x30)) {
      this.pos = pos;
      throw this.fail('invalid number');
    }
    const significand = new Significand();
    for (let i = firstDigit; i < pos; i++) if (!significand.push((bytes[i] ?? 0) - 0x30)) out.exponent++;
    if (bytes[pos] === 0x2e) {
      out.integral = false;
      const firstFraction = ++pos;
      for (; isDigit(bytes[pos]); pos++) if (significand.push((bytes[pos] ?? 0) - 0x30)) out.exponent--;
      if (pos === firstFraction) {
        this.pos = pos;
        throw this.fail('invalid number');
      }
    }
    if (bytes[pos] === 0x65 || bytes[pos] === 0x45) {
      out.integral = false;
      const sign = bytes[++pos];
      if (sign === 0x2b || sign === 0x2d) pos++;
      const firstExponent = pos;
      let exponent = 0;
      for (; isDigit(bytes[pos]); pos++) exponent = Math.min(exponent * 10 + ((bytes[pos] ?? 0) - 0x30), 1e9);
      if (pos === firstExponent) {
        this.pos = pos;
        throw this.fail('invalid number');
      }
      out.exponent += sign === 0x2d ? -exponent : exponent;
    }
    this.pos = pos;
    out.high = significand.high;
    out.low = significand.low;
    return out;
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

/** Bytes that end a number, as distances from the digit 0. */
const POINT = 0x2e - 0x30;
const COMMA = 0x2c - 0x30;
const CLOSE = 0x5d - 0x30;
const POWERS = Float64Array.from({ length: 19 }, (_, exponent) => Number(`1e${exponent}`));

/** `head * power + tail`, all below 2^30, rounded once: both summands are exact. */
function joined(head: number, tail: number, power: number): number {
  const high = head >>> 15;
  const low = head & 0x7fff;
  return high * power * 32768 + (low * power + tail);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** An unsigned 64-bit integer that takes decimal digits until the next would overflow it; from then on it takes none. */
class Significand {
  high = 0;
  low = 0;
  private full = false;

  push(digit: number): boolean {
    if (this.full) return false;
    if (this.high >= 429496729 && (BigInt(this.high) << 32n) + BigInt(this.low) >= U64_TENTH && this.overflows(digit)) {
      this.full = true;
      return false;
    }
    const low = this.low * 10 + digit;
    const carry = Math.floor(low / TWO_32);
    this.low = low - carry * TWO_32;
    this.high = this.high * 10 + carry;
    return true;
  }

  private overflows(digit: number): boolean {
    const value = (BigInt(this.high) << 32n) + BigInt(this.low);
    return value > U64_TENTH || digit > 5;
  }
}

/** The whole text as one value. Throws 400 `Format error`. */
export function parseJson(bytes: Buffer): JsonValue {
  const reader = new JsonReader(bytes);
  const value = reader.value();
  reader.end();
  return value;
}
