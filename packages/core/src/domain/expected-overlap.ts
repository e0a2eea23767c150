/**
 * What is left of a share of the ten nearest, measured in a sample, in a collection that is `times` as large: neighbours stand closer there, and more of
 * them are confused. Every doubling is taken to keep as much of it as each of the two from a quarter of the sample to the whole; where the
 * quarter was too small to tell (null), or nothing fell, it stays. An extrapolation, and no more.
 */
export function expectedOverlap(ofSample: number, ofQuarter: number | null, times: number): number {
  const keptByTwo = ofQuarter === null || ofQuarter === 0 ? 1 : Math.min(1, ofSample / ofQuarter);
  return ofSample * keptByTwo ** (Math.log2(Math.max(1, times)) / 2);
}
