import type { Decimal } from './decimal.ts';

const TWO_32 = 4294967296;
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
