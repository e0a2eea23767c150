import type { TrialProgress } from '@reembed/contracts';
import { trialProgressInWords } from '@reembed/core';

/** Of one step, as many lines at most beside its first one. */
const linesPerStep = 10;

/** Says how far a trial is: each step once, and within it every tenth. */
export function trialLines(say: (line: string) => void): (progress: TrialProgress) => void {
  let said = { step: '', tenth: 0 };
  return (progress) => {
    const { step, done, of } = progress;
    const tenth = of === 0 ? 0 : Math.floor((linesPerStep * done) / of);
    if (step === said.step && tenth <= said.tenth) return;
    said = { step, tenth };
    say(trialProgressInWords(progress));
  };
}
