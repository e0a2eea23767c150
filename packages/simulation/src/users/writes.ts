import type { PointId } from '@reembed/contracts';
import type { PointText } from '@reembed/core';
import type { StoredCollection } from '@reembed/testkit/fakes/memory-store';

/** One request of an application: at the moment `at`, to what the name stands for when it arrives. */
export type Write = {
  readonly at: number;
  readonly to: string;
  readonly kind: 'upsert' | 'delete' | 'edit';
  readonly id: string;
  readonly body: string;
  /** Told yes before it can be read (`wait=false`): so many ms before. */
  readonly appliedAfterMs: number | null;
  /** Brings the new vector along, where the collection has one. */
  readonly ownVector: boolean;
};

/** What somebody does to Qdrant by hand. */
export type Meddling = {
  readonly at: number;
  readonly kind: 'switch by hand' | 'damage metadata' | 'make the old collection anew' | 'delete the target';
};

export const pointId = (id: string): PointId => ({ kind: 'integer', id });

/** A vector that only applications write. */
export const ownVector = '[9.0,9.0,9.0,9.0]';

/** What an application stores in a collection: with the unnamed vector that it has, and the new one where it knows of it. */
export function pointFor({ info }: Pick<StoredCollection, 'info'>, id: string, payload: string, own = false): PointText {
  const size = info.vectors['']?.size ?? 0;
  const vectors: Record<string, string> = size === 0 ? {} : { '': JSON.stringify(Array.from({ length: size }, (_, at) => at + 0.5)) };
  if (own && info.vectors.new !== undefined) vectors.new = ownVector;
  return { id: pointId(id), payload, vectors };
}

/** `price`: a float that the server may spell otherwise. */
export const payloadOf = (body: string, withPrice: boolean) => `{"body":${JSON.stringify(body)}${withPrice ? ',"price":6.07e-10' : ''}}`;
