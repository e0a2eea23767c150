import { scientific } from './decimal.ts';

const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Half the distance between neighbouring floats, by biased binary exponent. */
const HALF_UNITS = Float64Array.from({ length: 256 }, (_, exponent) => 2 ** (exponent - 151));
/** Digits after the point that make the smallest float of a binary exponent nine digits long. */
const FRACTIONS = Int32Array.from({ length: 256 }, (_, exponent) => 8 - Math.floor((exponent - 127) * Math.log10(2)));
const NINE_DIGITS = 1e9;
/** How near to a border a double may come before it is no longer sure on which side the true value lies. */
const DOUBT = 1e-4;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

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

/** Nine digits always identify a 32-bit float, fewer may. The first count that reads back is the shortest, and toExponential picks the nearest of that length. */
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
 * Values between 1e-5 and 1e7 take a way without strings: scaled to nine digits they are exact in a double but for an error far below a unit, and the shortest
 * text is the roundest number within half a unit of the float. Where that comes too near a border to be sure, the long way decides.
 */
export function writeFloat32(value: number, bytes: Buffer, at: number): number {
  let place = at;
  const magnitude = value < 0 ? -value : value;
  if (magnitude >= 1e-5 && magnitude < 1e7) {
    if (value < 0) bytes[place++] = 0x2d;
    const end = magnitude === Math.floor(magnitude) ? writeWhole(magnitude, bytes, place) : writeRoundest(magnitude, bytes, place);
    if (end > 0) return end;
    place = at;
  }
  const text = spellFloat32(value);
  return place + bytes.write(text, place, 'latin1');
}

function writeWhole(magnitude: number, bytes: Buffer, at: number): number {
  const end = writeDigits(magnitude | 0, bytes, at);
  bytes[end] = 0x2e;
  bytes[end + 1] = 0x30;
  return end + 2;
}

/** 0 where it is not sure. The number is no integer, so its shortest text has digits after the point. */
function writeRoundest(magnitude: number, bytes: Buffer, at: number): number {
  float[0] = magnitude;
  const pattern = bits[0] as number;
  const exponent = pattern >>> 23;
  let fraction = FRACTIONS[exponent] as number;
  let scaled = magnitude * (POWERS[fraction] as number);
  if (scaled >= NINE_DIGITS) {
    fraction--;
    scaled = magnitude * (POWERS[fraction] as number);
  }
  const half = (HALF_UNITS[exponent] as number) * (POWERS[fraction] as number);
  const halfBelow = (pattern & 0x7fffff) === 0 ? half / 2 : half;
  let digits = Math.round(scaled);
  let off = digits - scaled;
  let unit = 1;
  while (true) {
    const wider = unit * 10;
    const rounder = Math.round(scaled / wider);
    const widerOff = rounder * wider - scaled;
    const room = widerOff < 0 ? halfBelow + widerOff : half - widerOff;
    if (room <= DOUBT) {
      if (room > -DOUBT) return 0;
      break;
    }
    digits = rounder;
    off = widerOff;
    unit = wider;
    fraction--;
  }
  const tie = Math.abs(off) * 2 - unit;
  if (tie > -DOUBT && tie < DOUBT) return 0;
  return writeFixed(digits, fraction, bytes, at);
}

/** `digits` with a point before the last `fraction` of them. */
function writeFixed(digits: number, fraction: number, bytes: Buffer, at: number): number {
  const power = POWERS[fraction] as number;
  const whole = digits < power ? 0 : Math.floor(digits / power);
  let rest = (digits - whole * power) | 0;
  const point = whole < 10 ? at + 1 : writeDigits(whole, bytes, at);
  if (whole < 10) bytes[at] = 0x30 + whole;
  bytes[point] = 0x2e;
  for (let i = point + fraction; i > point; i--) {
    const next = (rest / 10) | 0;
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
    const next = (rest / 10) | 0;
    bytes[i] = 0x30 + (rest - next * 10);
    rest = next;
  }
  return end;
}
