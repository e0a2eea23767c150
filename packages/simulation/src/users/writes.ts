import type { Phase, PointId } from '@reembed/contracts';
import type { PointText } from '@reembed/core';
import type { StoredCollection } from '@reembed/testkit/fakes/memory-store';

/** A moment: so many ms after the beginning, or after a migration first came to a phase. */
export type Moment = { readonly at: number; readonly after: Phase | null };

/** One request of an application, to what the name stands for when it arrives. */
export type Write = Moment & {
  readonly to: string;
  readonly kind: 'upsert' | 'delete' | 'edit';
  readonly id: string;
  readonly body: string;
  /** Told yes before it can be read (`wait=false`): so many ms before. */
  readonly appliedAfterMs: number | null;
  /** Brings the new vector along, where the collection has one. */
  readonly ownVector: boolean;
};

export const meddlings = ['switch by hand', 'damage metadata', 'make the old collection anew', 'delete the target'] as const;

/** What somebody does to Qdrant by hand. */
export type Meddling = Moment & { readonly kind: (typeof meddlings)[number] };

/** Does each thing at its moment; `began` is told of phases. */
export function startMoments<Thing extends Moment>(things: readonly Thing[], begin: (afterMs: number, thing: Thing) => void) {
  const waiting = new Set(things);
  const began = (phase: Phase | null) => {
    for (const thing of waiting) {
      if (thing.after !== phase) continue;
      waiting.delete(thing);
      begin(thing.at, thing);
    }
  };
  began(null);
  return began;
}

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
