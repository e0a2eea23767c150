import { type Phase, readClaim, readPhase } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { hasEnded } from '../domain/transitions.ts';

type RecordInForce = { readonly id: string; readonly source: string | null; readonly phase: Phase };

/** The migration that a collection's metadata tells of, unless it has ended. */
export function recordInForce({ metadata }: Pick<CollectionInfo, 'metadata'>): RecordInForce | null {
  const [claim, last] = [readClaim(metadata), readPhase(metadata)];
  return claim === null || last === null || hasEnded(last) ? null : { ...claim, phase: last.phase };
}
