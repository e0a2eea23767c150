import { mean } from './quantile.ts';

/** z(0.975) + z(0.80): a two-sided test at 5 % that finds a true difference in 80 of 100 cases. */
const bothErrors = 1.959964 + 0.841621;

/** The smallest true mean difference that n paired queries show: (z + z) · sd / √n (Sakai: Statistical power in IR, normal approximation). */
export function detectableDifference(sdOfDifferences: number, queries: number): number {
  return (bothErrors * sdOfDifferences) / Math.sqrt(queries);
}

/** How many paired queries show a true mean difference of that size. */
export function queriesNeeded(sdOfDifferences: number, difference: number): number {
  return Math.ceil(((bothErrors * sdOfDifferences) / difference) ** 2);
}

/** Sample standard deviation; NaN of fewer than two values. */
export function standardDeviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** Measured between two models on Cranfield; within one space it is about 0.012. */
const usualSd = 0.21;

/** What so many paired differences show; where their own spread cannot be told (one of them, or all alike) that of two models is assumed. */
export function detectableAmong(differences: readonly number[]): number {
  return detectableDifference(spreadOf(differences), differences.length);
}

/** Their standard deviation, or that of two models where it cannot be told. */
export function spreadOf(differences: readonly number[]): number {
  const sd = standardDeviation(differences);
  return sd > 0 ? sd : usualSd;
}
