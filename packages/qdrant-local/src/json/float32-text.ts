import { scientific } from './decimal.ts';

const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const bits = new DataView(new ArrayBuffer(4));

/**
 * The shortest decimal text that reads back as the 32-bit float `value`, as Qdrant spells it: `1.0`, `0.6`, `1e-07`.
 * Fixed notation from 1e-6 up to 1e13, else two digits of exponent.
 */
export function spellFloat32(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  if (!Number.isFinite(value)) return 'null';
  const text = shortest(value);
  const exponent = Number(text.slice(text.indexOf('e') + 1));
  if (exponent < -6 || exponent > 12) return scientific(text, 2);
  return fixed(text, exponent);
}

/** Nine digits always identify a 32-bit float; six or fewer may. The first count that reads back is the shortest, and toExponential picks the nearest of that length. */
function shortest(value: number): string {
  for (let digits = 0; digits < 8; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return text;
  }
  return value.toExponential(8);
}

/** `text` is `d.ddde±x`; written out without exponent, with at least one digit after the point. */
function fixed(text: string, exponent: number): string {
  const sign = text.startsWith('-') ? '-' : '';
  const digits = text.slice(sign.length, text.indexOf('e')).replace('.', '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return `${sign}${digits.padEnd(exponent + 1, '0')}.0`;
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/**
 * Writes `spellFloat32(value)` at `at` and returns the place after it.
 * Values between 1e-5 and 1e7 take a way without strings: scaled to nine digits they are exact in a double, and the shortest text is the roundest number
 * within half a unit of the float. Where that lies too near the border to be sure, the long way decides.
 */
export function writeFloat32(value: number, bytes: Buffer, at: number): number {
  let place = at;
  const magnitude = value < 0 ? -value : value;
  if (magnitude >= 1e-5 && magnitude < 1e7) {
    if (value < 0) bytes[place++] = 0x2d;
    const end = writeRoundest(magnitude, bytes, place);
    if (end > 0) return end;
    place = at;
  }
  const text = spellFloat32(value);
  return place + bytes.write(text, place, 'latin1');
}

function writeRoundest(magnitude: number, bytes: Buffer, at: number): number {
  if (magnitude === Math.floor(magnitude)) {
    const end = writeDigits(magnitude, bytes, at);
    bytes[end] = 0x2e;
    bytes[end + 1] = 0x30;
    return end + 2;
  }
  const fraction = fractionDigits(magnitude);
  const scaled = magnitude * (POWERS[fraction] ?? 1);
  bits.setFloat32(0, magnitude);
  const mantissa = bits.getUint32(0) & 0x7fffff;
  const binaryExponent = (bits.getUint32(0) >>> 23) - 150;
  const half = 2 ** (binaryExponent - 1) * (POWERS[fraction] ?? 1);
  const halfBelow = mantissa === 0 ? half / 2 : half;
  for (let dropped = fraction; dropped >= 0; dropped--) {
    const unit = POWERS[dropped] ?? 1;
    const rounded = Math.round(scaled / unit) * unit;
    const off = rounded - scaled;
    const room = off < 0 ? halfBelow + off : half - off;
    if (room > 1e-4)
      return Math.abs(Math.abs(scaled / unit - Math.floor(scaled / unit)) - 0.5) < 1e-7
        ? 0
        : writeFixed(rounded / unit, fraction - dropped, bytes, at);
    if (room > -1e-4) return 0;
  }
  return 0;
}

/** How many digits after the point make nine in all. */
function fractionDigits(magnitude: number): number {
  let fraction = 8;
  for (let bound = 10; magnitude >= bound; bound *= 10) fraction--;
  for (let bound = 1; magnitude < bound; bound /= 10) fraction++;
  return fraction;
}

function writeFixed(digits: number, fraction: number, bytes: Buffer, at: number): number {
  const power = POWERS[fraction] ?? 1;
  const whole = Math.floor(digits / power);
  let rest = digits - whole * power;
  const point = writeDigits(whole, bytes, at);
  bytes[point] = 0x2e;
  for (let i = point + fraction; i > point; i--) {
    const next = Math.floor(rest / 10);
    bytes[i] = 0x30 + (rest - next * 10);
    rest = next;
  }
  return point + fraction + 1;
}

function writeDigits(whole: number, bytes: Buffer, at: number): number {
  let end = at + 1;
  for (let bound = 10; whole >= bound; bound *= 10) end++;
  let rest = whole;
  for (let i = end - 1; i >= at; i--) {
    const next = Math.floor(rest / 10);
    bytes[i] = 0x30 + (rest - next * 10);
    rest = next;
  }
  return end;
}
