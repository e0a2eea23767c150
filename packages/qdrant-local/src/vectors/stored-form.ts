export const DISTANCES = ['Cosine', 'Euclid', 'Dot', 'Manhattan'] as const;
export type Distance = (typeof DISTANCES)[number];

export const DATATYPES = ['float32', 'uint8', 'float16'] as const;
/** How the components of a stored vector are kept; read back they are always 32-bit floats. */
export type Datatype = (typeof DATATYPES)[number];

/** What decides how the dense vectors of a name, or the rows of its multivectors, are stored. */
export type StoredForm = { dimensions: number; distance: Distance; datatype: Datatype };

/** Makes of `values[from … to)`, one or more whole rows, what is stored and searched with, in place: normalised for Cosine (bytes are stored as they came), rounded to the datatype. */
export function toStoredForm({ dimensions, distance, datatype }: StoredForm, values: Float32Array, from: number, to: number): void {
  if (distance === 'Cosine' && datatype !== 'uint8') {
    for (let row = from; row < to; row += dimensions) normalise(values, row, row + dimensions);
  }
  roundTo(datatype, values, from, to);
}

const EPSILON = 2 ** -23;
const fround = Math.fround;

/**
 * Divides by the length, in 32-bit arithmetic, unless the squared length is (nearly) zero or within 1e-6 of 1: such vectors stay as they are, so that a
 * normalised vector survives any number of round trips. Works in place on `values[from … to)`.
 */
function normalise(values: Float32Array, from: number, to: number): void {
  const squared = squaredLength(values, from, to);
  if (squared < EPSILON || Math.abs(fround(squared - 1)) <= fround(1e-6)) return;
  const length = fround(Math.sqrt(squared));
  for (let i = from; i < to; i++) values[i] = (values[i] ?? 0) / length;
}

/**
 * The sum in the order in which the server's vector code adds it, so that stored values agree to the last bit: with AVX 32 lanes of fused multiply-add,
 * below 32 dimensions 16 SSE lanes, below 16 one by one.
 */
function squaredLength(values: Float32Array, from: number, to: number): number {
  const dimensions = to - from;
  const width = dimensions >= 32 ? 32 : dimensions >= 16 ? 16 : 0;
  const rest = width === 0 ? from : to - (dimensions % width);
  let sum = width === 32 ? fusedSum(values, from, rest) : width === 16 ? plainSum(values, from, rest) : 0;
  for (let i = rest; i < to; i++) sum = fround(sum + fround((values[i] ?? 0) * (values[i] ?? 0)));
  return sum;
}

const lanes = new Float32Array(32);

function fusedSum(values: Float32Array, from: number, to: number): number {
  lanes.fill(0);
  for (let i = from; i < to; i += 32) {
    for (let lane = 0; lane < 32; lane++) {
      const value = values[i + lane] ?? 0;
      lanes[lane] = (lanes[lane] ?? 0) + value * value;
    }
  }
  for (let lane = 0; lane < 8; lane++) {
    fold(lane, lane + 8);
    fold(lane + 16, lane + 24);
    fold(lane, lane + 16);
  }
  for (let lane = 0; lane < 4; lane++) fold(lane, lane + 4);
  fold(0, 1);
  fold(2, 3);
  fold(0, 2);
  return lanes[0] ?? 0;
}

function plainSum(values: Float32Array, from: number, to: number): number {
  lanes.fill(0);
  for (let i = from; i < to; i += 16) {
    for (let lane = 0; lane < 16; lane++) {
      const value = values[i + lane] ?? 0;
      lanes[lane] = (lanes[lane] ?? 0) + fround(value * value);
    }
  }
  for (let register = 0; register < 16; register += 4) {
    fold(register, register + 2);
    fold(register + 1, register + 3);
    fold(register, register + 1);
  }
  for (const register of [4, 8, 12]) fold(0, register);
  return lanes[0] ?? 0;
}

function fold(into: number, from: number): void {
  lanes[into] = (lanes[into] ?? 0) + (lanes[from] ?? 0);
}

/** Rounds `values[from … to)` in place to what the datatype can hold. */
function roundTo(datatype: Datatype, values: Float32Array, from: number, to: number): void {
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
