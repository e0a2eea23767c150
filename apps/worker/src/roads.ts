import { type Carrier, type Migration, type Points, ReembedError } from '@reembed/core';
import type { BinaryRoad } from '@reembed/qdrant';
import type { Log } from '@reembed/queue';

/** The way that pages of a migration go. */
export type Road = { readonly points: Points; readonly carrier: Carrier | null };

export type Roads = { of(migration: Pick<Migration, 'id' | 'spec'>): Promise<Road> };

/**
 * Chooses by `copy.transport` and by what is open. That pages go over REST although they need not is logged, once for each migration and reason.
 * Throws `qdrant-unreachable` where the spec wants gRPC and that is not open.
 */
export function createRoads({ points, binary, log }: { readonly points: Points; readonly binary: BinaryRoad; readonly log: Log }): Roads {
  const rest: Road = { points, carrier: null };
  const told = new Set<string>();
  return {
    async of({ id, spec: { copy, target } }) {
      if (copy.transport === 'rest') return rest;
      const refusal = await binary.refusal({ name: target.collection, migrationId: id });
      if (refusal === null) return binary;
      if (copy.transport === 'grpc')
        throw new ReembedError('qdrant-unreachable', `copy.transport is grpc, and that is not open: ${refusal}; auto goes over REST then`);
      if (!told.has(`${id} ${refusal}`)) log.info({ migration: id, why: refusal }, 'pages go over REST');
      told.add(`${id} ${refusal}`);
      return rest;
    },
  };
}
