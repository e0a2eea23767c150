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
