import type { ReembedError } from '../domain/error.ts';
import { payloadHash } from '../domain/payload-hash.ts';
import type { PointText } from '../domain/point.ts';
import { pointIdToJson } from '../domain/point-id.ts';
import type { SetAside, SetAsideEntry } from '../ports/state.ts';
import type { Difference } from './differences.ts';

/** The record of a point that Qdrant refuses, whole or one vector of it. */
export function refusedPoint(point: PointText, vector: string, error: ReembedError): SetAsideEntry {
  return {
    id: point.id,
    vector,
    code: error.code,
    reason: `point ${point.id.id}: ${error.message}`,
    payloadHash: payloadHash(point.payload),
  };
}

/** Without what is missing because it is set aside, points or vectors of points, whose payload is still the one that was. */
export async function withoutSetAside(setAside: SetAside, id: string, found: readonly Difference[]): Promise<readonly Difference[]> {
  const missing = found.filter(lacks);
  if (missing.length === 0) return found;
  const entries = await setAside.among(
    id,
    missing.map((difference) => difference.id),
  );
  if (entries.length === 0) return found;
  const hashes = new Map(entries.map((entry) => [pointIdToJson(entry.id), entry.payloadHash]));
  return found.filter((difference) => {
    const { source } = difference;
    return !lacks(difference) || source === undefined || hashes.get(pointIdToJson(difference.id)) !== payloadHash(source.payload);
  });
}

function lacks({ target, kinds }: Difference): boolean {
  return target === undefined || kinds.every((kind) => kind === 'vector-missing');
}
