import type { Failure } from '@reembed/contracts';
import type { ReembedError } from './error.ts';
import { contentHash, type PointText } from './point.ts';

/** The record of a point, or of one vector of it, that could not be made. */
export type SetAsideEntry = Omit<Failure, 'accepted'>;

/** Of a point as recipes read it. The hash tells whether that has changed since, so that it is tried again. */
export function setAsideEntry(point: PointText, vector: string, code: string, reason: string): SetAsideEntry {
  return { id: point.id, vector, code, reason, payloadHash: contentHash(point) };
}

/** The same for what somebody refused in his own words. */
export function refusedEntry(point: PointText, vector: string, { code, message }: ReembedError): SetAsideEntry {
  return setAsideEntry(point, vector, code, `point ${point.id.id}: ${message}`);
}
