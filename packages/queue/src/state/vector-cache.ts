import type { VectorCache } from '@reembed/core';
import { keysOf, type Namespace } from '../redis/keys.ts';
import { answered } from '../redis/requests.ts';
import { noSeal, type Seal } from '../redis/seal.ts';

/** What Redis needs for an entry besides: its field, its length, its place in the table. */
const overheadBytes = 100;
/** A hash that nobody adds to is forgotten, in seconds. */
const keptSeconds = 86_400;

/**
 * A hash for each size of vectors, in which a key has one place: what comes later takes it. So at most `maxBytes` are in use for each size, and nothing has to
 * be swept. A value is the key, by which it is told from another one of the same place, and the floats, sealed where there is a key for that.
 */
export function createVectorCache(
  { redis: { requests }, prefix, seal = noSeal }: Namespace & { readonly seal?: Seal },
  maxBytes: number,
): VectorCache {
  const keys = keysOf(prefix);
  const hashOf = (dimensions: number) => `${keys.vectors}:${dimensions}`;
  const placeIn = (dimensions: number) => {
    const places = Math.max(1, Math.floor(maxBytes / (keyBytes + dimensions * 4 + overheadBytes)));
    return (key: string) => String(Number.parseInt(key.slice(0, 12), 16) % places);
  };
  return {
    async find(wanted, dimensions) {
      if (wanted.length === 0) return [];
      const place = placeIn(dimensions);
      const found = await answered(requests.hmgetBuffer(hashOf(dimensions), ...wanted.map(place))).catch(() => []);
      return wanted.map((key, at) => vectorOf(found[at], key, dimensions, seal));
    },
    async keep(vectors) {
      const [first] = vectors;
      if (first === undefined) return;
      const { length } = first.vector;
      const hash = hashOf(length);
      const place = placeIn(length);
      const fields = new Map(
        vectors.filter(({ vector }) => vector.length === length).map(({ key, vector }) => [place(key), entryOf(key, vector, seal)]),
      );
      await answered(requests.hset(hash, fields))
        .then(() => answered(requests.expire(hash, keptSeconds)))
        .catch(() => undefined);
    },
  };
}

const keyBytes = 32;

function entryOf(key: string, { buffer, byteOffset, byteLength }: Float32Array, seal: Seal): Buffer {
  return Buffer.concat([Buffer.from(key, 'hex'), seal.sealBytes(Buffer.from(buffer, byteOffset, byteLength), key)]);
}

/** Null where the place is empty, another key's, or sealed by a key that is not here. A copy, because floats want an address that divides by four. */
function vectorOf(value: Buffer | null | undefined, key: string, dimensions: number, seal: Seal): Float32Array | null {
  if (value == null || value.toString('hex', 0, keyBytes) !== key) return null;
  const bytes = seal.openBytes(value.subarray(keyBytes), key);
  if (bytes?.length !== dimensions * 4) return null;
  const floats = new Float32Array(dimensions);
  bytes.copy(Buffer.from(floats.buffer));
  return floats;
}
