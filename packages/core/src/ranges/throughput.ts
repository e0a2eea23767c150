import type { Report } from '@reembed/contracts';
import type { ProgressSample } from '../domain/migration.ts';

/** At least so long between two samples, in ms: each is a write of the document. */
const sampleEveryMs = 5_000;
/** Past so many every second one is dropped: a migration of days keeps as many as one of minutes. */
const maxSamples = 240;

/** Whether it is time for another sample. `now` in ms since 1970; a clock that was set back does not stop them. */
export function isSampleDue(samples: readonly ProgressSample[], now: number): boolean {
  const last = samples.at(-1);
  return last === undefined || Math.abs(now - Date.parse(last.at)) >= sampleEveryMs;
}

export function withSample(samples: readonly ProgressSample[], sample: ProgressSample): ProgressSample[] {
  const all = [...samples, sample];
  return all.length <= maxSamples ? all : all.filter((_, at) => at % 2 === 0 || at === all.length - 1);
}

/** Points a second between every two samples of one pass, by the time somebody worked on it. */
export function throughputOf(samples: readonly ProgressSample[]): Report['throughput'] {
  return samples.flatMap(({ at, pass, points, workedMs }, index) => {
    const before = samples[index - 1];
    const from = before?.pass === pass ? before : { points: 0, workedMs: 0 };
    const tookMs = workedMs - from.workedMs;
    return tookMs <= 0 || points < from.points ? [] : [{ at, pointsPerSecond: ((points - from.points) / tookMs) * 1_000 }];
  });
}
