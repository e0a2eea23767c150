import type { BoundBy } from '@reembed/contracts';
import { percent } from '../domain/amounts.ts';
import { isAtWork } from '../domain/transitions.ts';
import { slowestOf, type TimedPart } from '../domain/work-times.ts';
import type { Load } from './load.ts';

/** What keeps a migration from going faster, and in words. */
export type Bound = { readonly by: BoundBy; readonly reason: string };

/** So near to its limit a migration goes as fast as that lets it. */
const nearly = 0.85;

/** The first of the table that is so. */
export function boundOf(load: Load): Bound {
  const { migration, active, queued, ceiling } = load;
  const { phase, waiting, pass } = migration;
  if (waiting !== null) return { by: waiting.kind, reason: waiting.reason };
  if (!isAtWork(migration)) return { by: 'word', reason: `it is ${phase}` };
  if (pass === null) return { by: 'stage', reason: `it is ${phase}, which a coordinator does` };
  if (ceiling !== null && isAtCeiling(load)) return { by: ceiling.by, reason: ceiling.reason };
  const slowest = slowestOf(load.times);
  if (slowest !== null) return { by: slowest.part, reason: `${waitsFor[slowest.part]} ${percent(slowest.share)} of the time` };
  if (queued > 0) return { by: 'workers', reason: `${queued} ranges wait for a worker while ${active} are in hand` };
  return { by: 'ranges', reason: `all ${active} ranges that can be worked on are in hand` };
}

const waitsFor: Readonly<Record<TimedPart, string>> = {
  cpu: 'the workers compute: more of them, on other cores, make it faster; they do',
  throttle: 'ranges wait to be allowed by throttle',
  provider: 'ranges wait for the model that embeds, or for its limits,',
  source: 'ranges wait for the source to be read',
  qdrant: 'ranges wait for Qdrant on the side of the target',
};

/** Whether it goes as fast as a throttle or a provider lets it. */
export function isAtCeiling({ progress: { pointsPerSecond }, ceiling }: Pick<Load, 'progress' | 'ceiling'>): boolean {
  return ceiling !== null && pointsPerSecond !== null && pointsPerSecond >= nearly * ceiling.pointsPerSecond;
}
