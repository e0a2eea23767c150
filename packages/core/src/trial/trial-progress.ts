import type { TrialProgress } from '@reembed/contracts';
import { count } from '../domain/amounts.ts';

/** Hears how far a trial is: at the beginning of every step, and within it. */
export type OnTrialProgress = (progress: TrialProgress) => void;

/** `embedding the sample: 512 of 3,000 points`. */
export function trialProgressInWords({ step, done, of, unit }: TrialProgress): string {
  return of === 0 ? step : `${step}: ${count(done)} of ${count(of)} ${unit}`;
}
