import { type FreezeHook, ReembedError } from '@reembed/core';
import { dropPoints, putPoints, type StoredCollection } from '@reembed/testkit/fakes/memory-store';
import type { Caller } from '../engine/calls.ts';
import { createProcess } from '../engine/process.ts';
import type { Scheduler } from '../engine/scheduler.ts';
import { type QdrantServer, resolve } from '../world/qdrant-server.ts';
import { payloadOf, pointFor, pointId, startMoments, type Write } from './writes.ts';

export type ApplicationOptions = {
  readonly scheduler: Scheduler;
  /** Begins with "application". */
  readonly name: string;
  readonly caller: Caller;
  readonly qdrant: QdrantServer;
  readonly writes: readonly Write[];
  readonly withPrice: boolean;
  /** After the effect of a write; `wasThere`: whether its point was there before. */
  readonly onWrite: (write: Write, collection: StoredCollection, wasThere: boolean) => void;
};

/** The writers, and the hook by which they are held. */
export function startApplication({ scheduler, name, caller, qdrant, writes, withPrice, onWrite }: ApplicationOptions) {
  const process = createProcess({ scheduler, name });
  let heldUntil = 0;
  let heldBy = '';
  let inFlight = 0;
  let stopped = false;
  const isHeld = () => scheduler.now() < heldUntil;

  /** Of held requests, those that wait for the hold to end. */
  const waiting: Write[] = [];
  const began = startMoments(writes, (afterMs, write) => process.resume(afterMs, () => begin(write)));

  function begin(write: Write): void {
    if (stopped) return;
    if (!isHeld()) {
      ask(write);
      return;
    }
    if (waiting.push(write) === 1) process.resume(heldUntil - scheduler.now(), goOn);
  }

  function goOn(): void {
    for (const write of waiting.splice(0)) begin(write);
  }

  function ask(write: Write): void {
    inFlight++;
    const method = `${write.kind} ${write.id} in ${write.to}${write.appliedAfterMs === null ? '' : ' (wait=false)'}`;
    void caller
      .call({ process, server: 'qdrant', port: 'application', method, args: [] }, async () => receive(write))
      .catch((error: unknown) => {
        if (!(error instanceof ReembedError)) throw error;
      })
      .finally(() => inFlight--);
  }

  function receive(write: Write): void {
    const collection = resolve(qdrant.store, write.to);
    if (collection === undefined) throw new ReembedError('qdrant-not-found', `${write.to} is not there`);
    const act = () => {
      qdrant.keepVersion(collection);
      const wasThere = collection.points.some(({ id }) => id.id === write.id);
      apply(collection, write);
      onWrite(write, collection, wasThere);
    };
    if (write.appliedAfterMs === null) {
      qdrant.drain(collection);
      act();
    } else {
      qdrant.accept(collection, act);
      scheduler.after(write.appliedAfterMs, () => qdrant.drain(collection));
    }
  }

  function apply(collection: StoredCollection, { kind, id, body, ownVector }: Write): void {
    const payload = payloadOf(body, withPrice);
    if (kind === 'delete') dropPoints(collection, [pointId(id)]);
    else if (kind === 'upsert') putPoints(collection, [pointFor(collection, id, payload, ownVector)]);
    else edit(collection, id, payload);
  }

  return {
    /** No more is begun. */
    stop() {
      stopped = true;
    },
    isHeld,
    began,
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
        if (heldBy !== token) return;
        heldUntil = 0;
        process.resume(0, goOn);
      },
    } satisfies FreezeHook,
  };
}

/** set_payload: the vectors stay. */
function edit(collection: StoredCollection, id: string, payload: string): void {
  const found = collection.points.find((point) => point.id.id === id);
  if (found !== undefined) putPoints(collection, [{ ...found, payload }]);
}
