import type { WaitKind } from '@reembed/contracts';
import { isAtWork } from '../domain/transitions.ts';
import type { Load } from './load.ts';

/**
 * What keeps a migration from going faster. `word`: a person has to say; `stage`: a coordinator does what is done now, and workers have no part in
 * it; `ranges`: everything that is open is in hand; `workers`: there is more to do than is being done.
 */
export type BoundBy = WaitKind | 'word' | 'stage' | 'throttle' | 'provider' | 'ranges' | 'workers';
export type Bound = { readonly by: BoundBy; readonly reason: string };

/** So near to its limit a migration goes as fast as that lets it. */
const nearly = 0.85;

/** The first of the table that is so. */
export function boundOf({ migration, progress, active, queued, ceiling }: Load): Bound {
  const { phase, waiting, pass } = migration;
  if (waiting !== null) return { by: waiting.kind, reason: waiting.reason };
  if (!isAtWork(migration)) return { by: 'word', reason: `it is ${phase}` };
  if (pass === null) return { by: 'stage', reason: `it is ${phase}, which a coordinator does` };
  const { pointsPerSecond } = progress;
  if (ceiling !== null && pointsPerSecond !== null && pointsPerSecond >= nearly * ceiling.pointsPerSecond)
    return { by: ceiling.by, reason: ceiling.reason };
  if (queued > 0) return { by: 'workers', reason: `${queued} ranges wait for a worker while ${active} are in hand` };
  return { by: 'ranges', reason: `all ${active} ranges that can be worked on are in hand` };
}
