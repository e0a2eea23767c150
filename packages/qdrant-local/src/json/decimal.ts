const POWERS_OF_TEN = Float64Array.from({ length: 309 }, (_, exponent) => Number(`1e${exponent}`));
const TWO_32 = 4294967296;

/**
 * A decimal number as its text is read: digits beyond u64 are dropped and counted in the exponent.
 * `high * 2^32 + low` is the significand, so that it becomes a double with one rounding.
 */
export type Decimal = { negative: boolean; high: number; low: number; exponent: number };

/**
 * The double that Rust's serde_json makes of a decimal (its default, fast way): the significand as a double, then one multiplication or division by a power of ten.
 * It is not always the nearest double (17 digits can be one ulp off), and payloads have to come back as the real server spells them.
 * Returns undefined where the number is out of range.
 */
export function toDouble({ negative, high, low, exponent }: Decimal): number | undefined {
  let value = high * TWO_32 + low;
  let rest = exponent;
  while (value !== 0) {
    const power = POWERS_OF_TEN[Math.abs(rest)];
    if (power !== undefined) {
      value = rest >= 0 ? value * power : value / power;
      if (!Number.isFinite(value)) return undefined;
      break;
    }
    if (rest > 0) return undefined;
    value /= 1e308;
    rest += 308;
  }
  return negative ? -value : value;
}

/** A double as Qdrant spells it in JSON: the shortest text that reads back, always with a point or an exponent (`1.0`, `1e+30`, `1e-7`). */
export function spellDouble(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-5 && magnitude < 1e16) {
    return Number.isInteger(value) ? `${value}.0` : String(value);
  }
  return scientific(value.toExponential(), 1);
}

/** `1.5e-7` from JavaScript's `1.5e-7`, with the exponent padded to `width` digits. */
export function scientific(text: string, width: number): string {
  const at = text.indexOf('e');
  const exponent = text.slice(at + 2).padStart(width, '0');
  return `${text.slice(0, at)}e${text[at + 1]}${exponent}`;
}

const U64_TENTH = 1844674407370955161n;
const MAX_EXPONENT = 1e9;

/** A number as it stands in the text: `end` is the place after it (or of what is wrong), `integral` that it has neither point nor exponent. */
export type ScannedDecimal = Decimal & { integral: boolean; wellFormed: boolean; end: number };

/** Reads the number at `start`. Digits past what an unsigned 64-bit significand holds are dropped, and counted in the exponent where they stand before the point. */
export function scanDecimal(bytes: Buffer, start: number): ScannedDecimal {
  const negative = bytes[start] === 0x2d;
  const firstDigit = negative ? start + 1 : start;
  const pointOrEnd = endOfDigits(bytes, firstDigit);
  const significand = new Significand();
  let exponent = 0;
  for (let i = firstDigit; i < pointOrEnd; i++) if (!significand.push((bytes[i] ?? 0) - 0x30)) exponent++;
  let end = pointOrEnd;
  let wellFormed = pointOrEnd > firstDigit && (pointOrEnd === firstDigit + 1 || bytes[firstDigit] !== 0x30);
  if (bytes[end] === 0x2e) {
    const firstFraction = end + 1;
    end = endOfDigits(bytes, firstFraction);
    wellFormed &&= end > firstFraction;
    for (let i = firstFraction; i < end; i++) if (significand.push((bytes[i] ?? 0) - 0x30)) exponent--;
  }
  if (bytes[end] === 0x65 || bytes[end] === 0x45) {
    const signed = bytes[end + 1] === 0x2b || bytes[end + 1] === 0x2d;
    const firstPower = end + (signed ? 2 : 1);
    const power = Math.min(Number(bytes.toString('latin1', firstPower, endOfDigits(bytes, firstPower))), MAX_EXPONENT);
    exponent += bytes[end + 1] === 0x2d ? -power : power;
    end = endOfDigits(bytes, firstPower);
    wellFormed &&= end > firstPower;
  }
  return { negative, high: significand.high, low: significand.low, exponent, integral: end === pointOrEnd, wellFormed, end };
}

function endOfDigits(bytes: Buffer, from: number): number {
  let end = from;
  for (let byte = bytes[end]; byte !== undefined && byte >= 0x30 && byte <= 0x39; byte = bytes[end]) end++;
  return end;
}

/** An unsigned 64-bit integer that takes decimal digits until the next would overflow it; from then on it takes none. */
class Significand {
  high = 0;
  low = 0;
  private full = false;

  push(digit: number): boolean {
    if (this.full) return false;
    if (this.high >= 429496729 && this.overflows(digit)) {
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
    return value > U64_TENTH || (value === U64_TENTH && digit > 5);
  }
}
