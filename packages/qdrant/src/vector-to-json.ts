/**
 * A vector as JSON text: exact for float32, in eight or nine significant digits.
 *
 * A float32 printed as the double it widens to takes up to 17 digits. A decimal that lies within half a step of the float32 reads back as
 * the same one, and for a number in [2^e, 2^(e+1)) half a step is 2^(e-24): so `decimalsByExponent` decimals are always enough, and the
 * digits come from one multiplication and a table of four digits. (Downwards from a power of two a step is half as wide: one decimal more.)
 *
 * Every number has a point or an exponent: Qdrant reads two rows of whole numbers in a named field as a sparse vector.
 */

/** Floats in [2^-23, 2^24) take the fast road; below, fixed point grows long; above, there are no decimals. */
const smallestExponent = -23;
const largestExponent = 23;
const exponentBias = 127;
/** Comma, sign, at most 8 digits, point, at most 16 decimals; and the digits written in fours reach up to 12 beyond them. */
const longestFloatText = 40;

const decimalsByExponent = Int32Array.from({ length: 256 }, (_, biased) => fewestDecimals(biased - exponentBias));
const powersOfTen = Float64Array.from({ length: 20 }, (_, power) => 10 ** power);
/** The four digits of 0 to 9999 as bytes, the first in the highest. */
const fourDigits = Uint32Array.from({ length: 10_000 }, (_, n) => Buffer.from(String(n).padStart(4, '0')).readUInt32BE());

let scratch = Buffer.alloc(0);
let scratchView = new DataView(scratch.buffer);

/** `[0.12345678,-1.5]`. Throws RangeError for NaN and infinities, which JSON cannot spell. */
export function vectorToJson(vector: Float32Array): string {
  growScratch(vector.length * longestFloatText + longestFloatText);
  const bits = new Int32Array(vector.buffer, vector.byteOffset, vector.length);
  const bytes = scratch;
  // From the last float to the first: digits are written in fours, and what reaches too far to the left is written over afterwards.
  let start = bytes.length;
  bytes[--start] = 0x5d;
  for (let i = vector.length - 1; i >= 0; i--) {
    const word = bits[i] as number;
    const biased = (word >>> 23) & 0xff;
    const value = Math.abs(vector[i] as number);
    if (biased < smallestExponent + exponentBias || biased > largestExponent + exponentBias) {
      start = writeSlowly(start, value);
    } else {
      start = writeFixed(start, value, (decimalsByExponent[biased] as number) + ((word & 0x7f_ffff) === 0 ? 1 : 0));
    }
    if (word < 0) bytes[--start] = 0x2d;
    if (i > 0) bytes[--start] = 0x2c;
  }
  bytes[--start] = 0x5b;
  return bytes.toString('latin1', start);
}

/** The fewest decimals (at least one) whose rounding error stays below half a step of a float32 in [2^exponent, 2^(exponent+1)). */
function fewestDecimals(exponent: number): number {
  const halfStep = 2 ** (exponent - 24);
  for (let decimals = 1; decimals < 19; decimals++) if (0.500001 * 10 ** -decimals < halfStep) return decimals;
  return 19;
}

/**
 * Writes `value`, rounded to `decimals` and without trailing zeros past the first decimal, so that it ends before `end`; answers its start.
 * Rounding never carries into the whole part: every whole number below 2^24 is a float32 of its own, farther than half a step away.
 */
function writeFixed(end: number, value: number, decimals: number): number {
  const power = powersOfTen[decimals] as number;
  const whole = value | 0;
  let fraction = (value * power + 0.5 - whole * power) | 0;
  let length = decimals;
  while (fraction % 10 === 0 && length > 1) {
    fraction = (fraction / 10) | 0;
    length--;
  }
  const upper = (fraction / 10_000) | 0;
  const top = (upper / 10_000) | 0;
  scratchView.setUint32(end - 4, fourDigits[fraction - upper * 10_000] as number);
  scratchView.setUint32(end - 8, fourDigits[upper - top * 10_000] as number);
  scratchView.setUint32(end - 12, fourDigits[top] as number);
  let start = end - length;
  for (let zeros = end - 13; zeros >= start; zeros--) scratch[zeros] = 0x30;
  scratch[--start] = 0x2e;
  let rest = whole;
  do {
    const next = (rest / 10) | 0;
    scratch[--start] = 0x30 + rest - next * 10;
    rest = next;
  } while (rest > 0);
  return start;
}

/** Zero, and what is too small or too large for fixed point: rare in embeddings. Nine significant digits are exact for every float32. */
function writeSlowly(end: number, value: number): number {
  if (!Number.isFinite(value)) throw new RangeError(`a vector holds ${value}, which JSON cannot spell`);
  const digits = String(Number(value.toPrecision(9)));
  const text = /[.e]/.test(digits) ? digits : `${digits}.0`;
  scratch.write(text, end - text.length, 'latin1');
  return end - text.length;
}

function growScratch(length: number): void {
  if (scratch.length >= length) return;
  scratch = Buffer.alloc(length);
  scratchView = new DataView(scratch.buffer, scratch.byteOffset, length);
}
