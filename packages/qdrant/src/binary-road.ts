import type { PointId } from '@reembed/contracts';
import { type Carrier, type CarryRequest, isReembedError, type Points, type WrittenPoint } from '@reembed/core';
import { pointsAreAlike } from './alike-points.ts';
import { type BinaryAddress, createBinaryProbe } from './binary-probe.ts';
import type { GrpcSender } from './grpc-sender.ts';
import { rawPage } from './raw-points.ts';
import { collectionRequest, readAcknowledged, readClaim, scrollRequest } from './read-requests.ts';
import { holdsDocument } from './spelled-vectors.ts';
import { splicePage } from './splice-page.ts';
import { createStrictLimits } from './strict-limits.ts';
import { type BinaryMode, splicedRequest, updateVectorsRequest, upsertRequest } from './write-points.ts';

/** The same points over gRPC, for what is read and written in bulk. */
export type BinaryRoad = {
  /**
   * Why nothing goes this way, in a sentence; null: it is open. `claimed`: a name that only the server of this migration knows, of a collection
   * that says it belongs to it; behind one address there may be another server on each port.
   */
  refusal(claimed: { readonly name: string; readonly migrationId: string }): Promise<string | null>;
  /** Writes made vectors as the floats they are. Reads, and whatever would not arrive as it is, go over REST. */
  readonly points: Points;
  readonly carrier: Carrier;
};

/** `rest`: the same points over REST. */
export function createBinaryRoad({ rest, ...address }: BinaryAddress & { readonly rest: Points }): BinaryRoad {
  const { sender, refusal } = createBinaryProbe(address);
  if (sender === null) return { refusal, points: rest, carrier: nothingCarried };
  const shown = new Set<string>();
  return {
    async refusal({ name, migrationId }) {
      const closed = await refusal();
      if (closed !== null || shown.has(name)) return closed;
      const other = await claimRefusal(sender, name, migrationId);
      if (other === null) shown.add(name);
      return other;
    },
    points: createBinaryPoints(sender, rest),
    carrier: createCarrier(sender),
  };
}

const nothingCarried: Carrier = {
  read: async () => null,
  insertOnly: closed,
  look: closed,
  isAlike: () => false,
};

async function closed(): Promise<never> {
  throw new Error('a page was carried over a way that is closed');
}

async function claimRefusal(sender: GrpcSender, name: string, migrationId: string): Promise<string | null> {
  try {
    const claim = await sender.call({ path: '/qdrant.Collections/Get', body: [collectionRequest(name)], read: readClaim });
    return claim === migrationId
      ? null
      : `the server that answers gRPC says that ${name} belongs to ${claim ?? 'nobody'}: it is another one`;
  } catch (error) {
    if (isReembedError(error, 'qdrant-not-found')) return `the server that answers gRPC knows no ${name}: it is another one`;
    if (isReembedError(error)) return error.message;
    throw error;
  }
}

function createCarrier(sender: GrpcSender): Carrier {
  const limits = createStrictLimits();
  const scroll = <Page>(
    collection: string,
    { end, limit, signal, ...what }: CarryRequest,
    read: (answer: Buffer, end: PointId | null) => Page,
  ): Promise<Page> =>
    limits.within(collection, limit, (most) =>
      sender.call({
        path: '/qdrant.Points/Scroll',
        body: [scrollRequest(collection, { ...what, limit: most })],
        signal,
        read: (answer) => read(answer, end),
      }),
    );
  return {
    read: (collection, request) => scroll(collection, request, splicePage),
    insertOnly: (collection, { bytes }) =>
      sender.call({ path: '/qdrant.Points/Upsert', body: splicedRequest(collection, bytes, 'insertOnly'), read: readAcknowledged }),
    look: (collection, request) => scroll(collection, request, rawPage),
    isAlike: (source, target, likeness) => pointsAreAlike(source.bytes, target.bytes, likeness),
  };
}

function createBinaryPoints(sender: GrpcSender, rest: Points): Points {
  const upsert = async (mode: BinaryMode, collection: string, points: readonly WrittenPoint[], signal?: AbortSignal) => {
    if (points.length === 0) return;
    const body = points.some(holdsDocument) ? null : upsertRequest(collection, points, mode);
    if (body === null) await rest[mode](collection, points, signal);
    else await sender.call({ path: '/qdrant.Points/Upsert', body: [body], signal, read: readAcknowledged });
  };
  return {
    ...rest,
    insertOnly: (collection, points, signal) => upsert('insertOnly', collection, points, signal),
    updateOnly: (collection, points, signal) => upsert('updateOnly', collection, points, signal),
    async updateVectors(collection, points, options = {}) {
      if (points.length === 0) return;
      const body = points.some(holdsDocument) ? null : updateVectorsRequest(collection, points, options.onlyMissing);
      if (body === null) await rest.updateVectors(collection, points, options);
      else await sender.call({ path: '/qdrant.Points/UpdateVectors', body: [body], signal: options.signal, read: readAcknowledged });
    },
  };
}
