/** Rows of f32 values side by side in one array: n × size, row-major. */

/** n × size to size × n. */
export function transpose(rows: Float32Array, size: number): Float32Array {
  const n = rows.length / size;
  const columns = new Float32Array(rows.length);
  for (let row = 0; row < n; row += 1) {
    for (let column = 0; column < size; column += 1) columns[column * n + row] = rows[row * size + column] ?? 0;
  }
  return columns;
}

/** Brings each row to length 1, in place; a row of zeros stays one. */
export function normaliseRows(rows: Float32Array, size: number): Float32Array {
  for (let start = 0; start < rows.length; start += size) {
    const factor = 1 / (Math.sqrt(squaredLength(rows, start, size)) || 1);
    for (let at = start; at < start + size; at += 1) rows[at] = (rows[at] ?? 0) * factor;
  }
  return rows;
}

export function squaredLength(rows: Float32Array, start: number, size: number): number {
  let sum = 0;
  for (let at = start; at < start + size; at += 1) {
    const value = rows[at] ?? 0;
    sum += value * value;
  }
  return sum;
}

export function meanRow(rows: Float32Array, size: number): Float32Array {
  const sums = new Float64Array(size);
  for (const [at, value] of rows.entries()) sums[at % size] = (sums[at % size] ?? 0) + value;
  return Float32Array.from(sums, (sum) => (sum * size) / rows.length);
}

/** Whether every row has length 1, as far as f32 sums tell. */
export function areUnit(rows: Float32Array, size: number): boolean {
  for (let start = 0; start < rows.length; start += size) if (Math.abs(squaredLength(rows, start, size) - 1) > 1e-3) return false;
  return true;
}
