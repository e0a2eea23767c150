import { type Compared, isEstimated } from '@reembed/contracts';

/** `+0.012`. */
export function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`;
}

/** A difference with its interval of `percent`; where all queries differ alike, that none can be estimated. */
export function differenceInWords({ difference, lower, upper }: Pick<Compared, 'difference' | 'lower' | 'upper'>, percent = '95'): string {
  return isEstimated({ lower, upper })
    ? `${signed(difference)}, ${percent} % interval ${signed(lower)} to ${signed(upper)}`
    : `${signed(difference)} for every query, so no interval can be estimated`;
}
