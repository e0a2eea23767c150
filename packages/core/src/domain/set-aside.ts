import type { ErrorCode, Failure } from '@reembed/contracts';
import type { ReembedError } from './error.ts';
import type { Migration } from './migration.ts';
import { contentHash, type PointText } from './point.ts';
import { idsOf } from './point-id-set.ts';

/** The record of a point, or of one vector of it, that could not be made. */
export type SetAsideEntry = Omit<Failure, 'accepted'>;

/** Under which name entries of a migration are kept: those of its way back apart from those of its way there. */
export function setAsideKey({ id, isReversed }: Pick<Migration, 'id' | 'isReversed'>): string {
  return isReversed ? `${id}.reverse` : id;
}

/** Under which name those are kept that were set aside on the way to the target when that was switched: points that the old collection alone has. */
export function onlyOldKey({ id }: Pick<Migration, 'id'>): string {
  return `${id}.only-old`;
}

/** Of a point as recipes read it. The hash tells whether that has changed since, so that it is tried again. */
export function setAsideEntry(point: PointText, vector: string, code: string, reason: string): SetAsideEntry {
  return { id: point.id, vector, code, reason, payloadHash: contentHash(point) };
}

/** The same for what somebody refused in his own words. */
export function refusedEntry(point: PointText, vector: string, { code, message }: ReembedError): SetAsideEntry {
  return setAsideEntry(point, vector, code, `point ${point.id.id}: ${message}`);
}

/** What somebody outside refused, of one point; everything else is found by looking at the point itself. */
const refusals: readonly ErrorCode[] = ['provider-refused-input', 'qdrant-refused', 'qdrant-too-large'];

export function isRefused({ code }: Pick<SetAsideEntry, 'code'>): boolean {
  return refusals.some((refusal) => refusal === code);
}

/** How many points were refused, each for one vector or more. */
export function refusedPoints(entries: readonly SetAsideEntry[]): number {
  return idsOf(entries.filter(isRefused)).size;
}
