/** Bytes that end a number, as distances from the digit 0. */
const POINT = 0x2e - 0x30;
const COMMA = 0x2c - 0x30;
const CLOSE = 0x5d - 0x30;
const HALF_DIGITS = 9;
const POWERS = Float64Array.from({ length: 2 * HALF_DIGITS + 1 }, (_, exponent) => Number(`1e${exponent}`));

/** Collects the numbers of a JSON array as 32-bit floats, in one buffer that grows and stays. */
export class FloatScan {
  length = 0;
  /** Whether the last `takePlain` came to the closing bracket. */
  closed = false;
  private values = new Float32Array(4096);

  push(value: number): void {
    if (this.length === this.values.length) {
      const grown = new Float32Array(this.length * 2);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.length++] = value;
  }

  copy(): Float32Array {
    return this.values.slice(0, this.length);
  }

  /**
   * Takes numbers from `start` on as long as they are what vectors are made of: no exponent, no blanks, at most eighteen digits. They are read as two 32-bit
   * integers of up to nine digits, put together with a single rounding and divided once, which is what the server's parser does. Returns the place of the
   * closing bracket, or of the first number that is not like that.
   */
  takePlain(bytes: Buffer, start: number): number {
    this.closed = false;
    for (let pos = start; ; ) {
      const negative = bytes[pos] === 0x2d;
      const first = negative ? pos + 1 : pos;
      let at = first;
      let digit = (bytes[at] as number) - 0x30;
      let head = 0;
      let count = 0;
      for (; digit >= 0 && digit <= 9 && count < HALF_DIGITS; count++) {
        head = (Math.imul(head, 10) + digit) | 0;
        digit = (bytes[++at] as number) - 0x30;
      }
      const whole = count;
      let tail = 0;
      let tailCount = 0;
      if (digit === POINT) {
        digit = (bytes[++at] as number) - 0x30;
        for (; digit >= 0 && digit <= 9 && count < HALF_DIGITS; count++) {
          head = (Math.imul(head, 10) + digit) | 0;
          digit = (bytes[++at] as number) - 0x30;
        }
        for (; digit >= 0 && digit <= 9 && tailCount < HALF_DIGITS; tailCount++) {
          tail = (Math.imul(tail, 10) + digit) | 0;
          digit = (bytes[++at] as number) - 0x30;
        }
        if (count + tailCount === whole) return pos;
      }
      if ((digit !== COMMA && digit !== CLOSE) || whole === 0 || (whole > 1 && bytes[first] === 0x30)) return pos;
      const value =
        (tailCount === 0 ? head : joined(head, tail, POWERS[tailCount] as number)) / (POWERS[count - whole + tailCount] as number);
      this.push(negative ? -value : value);
      if (digit === CLOSE) {
        this.closed = true;
        return at;
      }
      pos = at + 1;
    }
  }
}

/** `head * power + tail`, all below 2^30, rounded once: both summands are exact. */
function joined(head: number, tail: number, power: number): number {
  return (head >>> 15) * power * 32768 + ((head & 0x7fff) * power + tail);
}
