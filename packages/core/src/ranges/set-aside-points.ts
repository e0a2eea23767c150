import type { ReembedError } from '../error.ts';
import { pointIdToJson } from '../point-id.ts';
import type { PointText } from '../ports/collections.ts';
import type { SetAside, SetAsideEntry } from '../ports/state.ts';
import { payloadHash } from '../recipes/payload-hash.ts';
import type { Difference } from './differences.ts';

/** The record of a point that Qdrant refuses. */
export function refusedPoint(point: PointText, error: ReembedError): SetAsideEntry {
  return {
    id: point.id,
    vector: '',
    code: error.code,
    reason: `point ${point.id.id}: ${error.message}`,
    payloadHash: payloadHash(point.payload),
  };
}

/** Without the points that are missing because they are set aside, and whose payload is still the one that was. */
export async function withoutSetAside(setAside: SetAside, id: string, found: readonly Difference[]): Promise<readonly Difference[]> {
  const missing = found.filter(({ target }) => target === undefined);
  if (missing.length === 0) return found;
  const entries = await setAside.among(
    id,
    missing.map((difference) => difference.id),
  );
  if (entries.length === 0) return found;
  const hashes = new Map(entries.map((entry) => [pointIdToJson(entry.id), entry.payloadHash]));
  return found.filter(({ id: point, source, target }) => {
    return target !== undefined || source === undefined || hashes.get(pointIdToJson(point)) !== payloadHash(source.payload);
  });
}
