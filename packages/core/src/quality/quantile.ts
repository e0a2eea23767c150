/** The q-quantile (0 to 1) of ascending values, linear between neighbours (type 7 of Hyndman and Fan, the default of R and NumPy). NaN of none. */
export function quantile(ascending: ArrayLike<number>, q: number): number {
  const place = (ascending.length - 1) * q;
  const below = ascending[Math.floor(place)] ?? Number.NaN;
  const above = ascending[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** NaN of none. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Half the searches took at most p50, 95 of 100 at most p95; ms. */
export function latencyPercentiles(tookMs: readonly number[]): { p50: number; p95: number } {
  const ascending = Float64Array.from(tookMs).sort();
  return { p50: quantile(ascending, 0.5), p95: quantile(ascending, 0.95) };
}
