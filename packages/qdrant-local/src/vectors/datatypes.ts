/** How the components of a stored vector are kept; read back they are always 32-bit floats. */
export type Datatype = 'float32' | 'float16' | 'uint8';
export const DATATYPES: readonly Datatype[] = ['float32', 'uint8', 'float16'];

/** Rounds `values[from … to)` in place to what the datatype can hold. */
export function roundTo(datatype: Datatype, values: Float32Array, from: number, to: number): void {
  if (datatype === 'float32') return;
  const round = datatype === 'float16' ? toFloat16 : toUint8;
  for (let i = from; i < to; i++) values[i] = round(values[i] ?? 0);
}

/** Rust's saturating cast: cut towards zero, held within 0 and 255. */
function toUint8(value: number): number {
  return Number.isNaN(value) ? 0 : Math.min(255, Math.max(0, Math.trunc(value)));
}

/** The nearest half-precision float, ties to even; 65520 and more become infinite. */
function toFloat16(value: number): number {
  const magnitude = Math.abs(value);
  if (!(magnitude < 65520)) return value * Number.POSITIVE_INFINITY;
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), -14);
  const unit = 2 ** (exponent - 10);
  const scaled = magnitude / unit;
  const floor = Math.floor(scaled);
  const off = scaled - floor;
  const rounded = off > 0.5 || (off === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  return Math.sign(value) * rounded * unit;
}
