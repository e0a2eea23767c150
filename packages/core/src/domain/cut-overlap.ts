/**
 * The share of the ten nearest that a cut vector has to keep: for the quality gate to pass it, and for a plan to recommend the cut. Measured on two
 * models, see docs/quality.md.
 */
export const minCutOverlap = 0.8;
