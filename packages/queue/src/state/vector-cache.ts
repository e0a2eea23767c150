import type { VectorCache } from '@reembed/core';
import { keysOf, type Namespace } from '../redis/keys.ts';
import { answered } from '../redis/requests.ts';

/** What Redis needs for an entry besides: its field, its length, its place in the table. */
const overheadBytes = 100;
/** A hash that nobody adds to is forgotten, in seconds. */
const keptSeconds = 86_400;

/**
 * A hash for each size of vectors, in which a key has one place: what comes later takes it. So at most `maxBytes` are in use for each size, and nothing has to
 * be swept. A value is the key, by which it is told from another one of the same place, and the floats.
 */
export function createVectorCache({ redis: { requests }, prefix }: Namespace, maxBytes: number): VectorCache {
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
      return wanted.map((key, at) => vectorOf(found[at], key, dimensions));
    },
    async keep(vectors) {
      const [first] = vectors;
      if (first === undefined) return;
      const { length } = first.vector;
      const hash = hashOf(length);
      const place = placeIn(length);
      const fields = new Map(
        vectors.filter(({ vector }) => vector.length === length).map(({ key, vector }) => [place(key), entryOf(key, vector)]),
      );
      await answered(requests.hset(hash, fields))
        .then(() => answered(requests.expire(hash, keptSeconds)))
        .catch(() => undefined);
    },
  };
}

const keyBytes = 32;

function entryOf(key: string, { buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.concat([Buffer.from(key, 'hex'), Buffer.from(buffer, byteOffset, byteLength)]);
}

/** Null where the place is empty or another key's. A copy, because floats want an address that divides by four. */
function vectorOf(value: Buffer | null | undefined, key: string, dimensions: number): Float32Array | null {
  if (value?.length !== keyBytes + dimensions * 4 || value.toString('hex', 0, keyBytes) !== key) return null;
  const floats = new Float32Array(dimensions);
  value.copy(Buffer.from(floats.buffer), 0, keyBytes);
  return floats;
}
