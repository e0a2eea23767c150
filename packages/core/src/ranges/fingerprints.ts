import { createHash } from 'node:crypto';
import { type PointText, pointIdToJson } from '../domain/point.ts';
import type { Difference } from './differences.ts';

/** What one reading of a source range leaves behind, small enough to keep for every range of a switch. */
export type RangeReading = {
  /** Over all points in their order: two readings that agree have the same, however paged. Null where something differed from the target. */
  readonly digest: string | null;
  /** Fingerprints of the points that agreed with the target; null where they are not kept. */
  readonly agreed: ReadonlySet<string> | null;
};

/** Bytes of a fingerprint: of a range of 2,000 points, one in 10^11 changed ones would be taken for unchanged. */
const fingerprintBytes = 6;

/** 48 bits over id, payload and vectors of a point; what `source.textFrom` has for it is no part of what the source reads like. */
export function fingerprint(point: PointText): string {
  return hashOf(point).subarray(0, fingerprintBytes).toString('base64');
}

function hashOf({ id, payload, vectors }: PointText): Buffer {
  const hash = createHash('sha256').update(pointIdToJson(id)).update(payload);
  for (const name of Object.keys(vectors).sort()) hash.update(JSON.stringify(name)).update(vectors[name] ?? '');
  return hash.digest();
}

/** 32 bits over a difference as the source has it: the same point with the same content, differing in the same way, has the same. */
export function differenceHash({ id, kinds, source }: Difference): number {
  const content = source === undefined ? pointIdToJson(id) : hashOf(source);
  return createHash('sha256')
    .update(kinds.join())
    .update(content)
    .update(source?.elsewhere ?? '')
    .digest()
    .readUInt32BE();
}

/** The digest of a range's points, fed page by page. */
export function createRangeDigest(): { add(points: readonly PointText[]): void; digest(): string } {
  const all = createHash('sha256');
  return {
    add(points) {
      for (const point of points) all.update(hashOf(point));
    },
    digest: () => all.digest('base64'),
  };
}

/** The text a reading is kept as: the digest, and the fingerprints one after the other. */
export function writeReading({ digest, agreed }: RangeReading): string {
  return `${digest ?? ''} ${agreed === null ? '' : `:${[...agreed].join('')}`}`;
}

export function readReading(text: string): RangeReading {
  const [digest = '', fingerprints = ''] = text.split(' ');
  if (!fingerprints.startsWith(':')) return { digest: digest || null, agreed: null };
  const length = (fingerprintBytes * 4) / 3;
  const agreed = new Set<string>();
  for (let at = 1; at < fingerprints.length; at += length) agreed.add(fingerprints.slice(at, at + length));
  return { digest: digest || null, agreed };
}
