import type { PointId } from '@reembed/contracts';
import { type FreezeHook, type PointText, ReembedError } from '@reembed/core';
import { dropPoints, putPoints, type StoredCollection } from '@reembed/testkit/fakes/memory-store';
import type { Caller } from '../engine/calls.ts';
import { createProcess } from '../engine/process.ts';
import type { Scheduler } from '../engine/scheduler.ts';
import { type QdrantServer, resolve } from '../world/servers.ts';

/** One request of an application: at the moment `at`, to what the name stands for when it arrives. */
export type Write = {
  readonly at: number;
  readonly to: string;
  readonly kind: 'upsert' | 'delete' | 'edit';
  readonly id: string;
  readonly body: string;
};

export const pointId = (id: string): PointId => ({ kind: 'integer', id });

/** What an application stores in a collection: with the unnamed vector that it has, and no other. */
export function pointFor({ info }: Pick<StoredCollection, 'info'>, id: string, body: string): PointText {
  const size = info.vectors['']?.size ?? 0;
  const vectors: Record<string, string> = size === 0 ? {} : { '': JSON.stringify(Array.from({ length: size }, (_, at) => at + 0.5)) };
  return { id: pointId(id), payload: JSON.stringify({ body }), vectors };
}

/** The writers, and the hook by which they are held. */
export function startApplications(options: {
  readonly scheduler: Scheduler;
  readonly caller: Caller;
  readonly qdrant: QdrantServer;
  readonly writes: readonly Write[];
  /** After the effect of a write. */
  readonly onWrite: (write: Write, collection: StoredCollection) => void;
}) {
  const { scheduler, caller, qdrant, writes, onWrite } = options;
  const process = createProcess({ scheduler, name: 'application' });
  let heldUntil = 0;
  let heldBy = '';
  let inFlight = 0;
  let stopped = false;
  const isHeld = () => scheduler.now() < heldUntil;

  for (const write of writes) process.resume(write.at, () => begin(write));

  function begin(write: Write): void {
    if (stopped) return;
    if (isHeld()) process.resume(heldUntil - scheduler.now(), () => begin(write));
    else ask(write);
  }

  function ask(write: Write): void {
    inFlight++;
    const call = { process, server: 'qdrant', port: 'application', method: `${write.kind} ${write.id} in ${write.to}`, args: [] } as const;
    void caller
      .call(call, async () => apply(write))
      .catch((error: unknown) => {
        if (!(error instanceof ReembedError)) throw error;
      })
      .finally(() => inFlight--);
  }

  function apply(write: Write): void {
    const collection = resolve(qdrant.store, write.to);
    if (collection === undefined) throw new ReembedError('qdrant-not-found', `${write.to} is not there`);
    if (write.kind === 'delete') dropPoints(collection, [pointId(write.id)]);
    else if (write.kind === 'upsert') putPoints(collection, [pointFor(collection, write.id, write.body)]);
    else edit(collection, write);
    onWrite(write, collection);
  }

  return {
    /** No more is begun. */
    stop() {
      stopped = true;
    },
    isHeld,
    hook: {
      hold(_url, { token, timeoutMs }) {
        heldBy = token;
        heldUntil = scheduler.now() + timeoutMs;
        return new Promise<void>((resolve) => {
          const look = () => (inFlight === 0 ? resolve() : process.resume(5, look));
          look();
        });
      },
      async release(_url, { token }) {
        if (heldBy === token) heldUntil = 0;
      },
    } satisfies FreezeHook,
  };
}

/** set_payload: the vectors stay. */
function edit(collection: StoredCollection, { id, body }: Write): void {
  const found = collection.points.find((point) => point.id.id === id);
  if (found !== undefined) putPoints(collection, [{ ...found, payload: JSON.stringify({ body }) }]);
}
