import { isReembedError } from '@reembed/core';
import { parseQdrantUrl, type QdrantAddress } from './connection.ts';
import { createGrpcSender, type GrpcSender } from './grpc-sender.ts';
import { readServerVersion } from './read-requests.ts';
import { writesFloats } from './write-points.ts';

/** `grpcUrl`: where gRPC is; without one the usual port of the server that `url` names is tried. */
export type BinaryAddress = QdrantAddress & { readonly grpcUrl?: string | undefined };

/** Whether the data path of this server is open over gRPC, as it was found last. */
export type BinaryProbe = {
  /** Null where no address is known. */
  readonly sender: GrpcSender | null;
  /** Why nothing goes this way, in a sentence; null: it is open. */
  refusal(): Promise<string | null>;
};

/** How long an answer holds that it is not open, in ms: a port may be opened meanwhile. */
const askAgainMs = 60_000;
/** Who drops packets is not waited for as long as who works. */
const probeMs = 3_000;

export function createBinaryProbe({ grpcUrl, ...address }: BinaryAddress): BinaryProbe {
  const url = grpcUrl ?? usualGrpcUrl(address.url);
  if (url === null) return closed('no address of its gRPC interface is known (QDRANT_GRPC_URL)');
  if (!writesFloats) return closed('this machine keeps the high byte of a float first, and gRPC wants the low one');
  const sender = createGrpcSender({ ...address, url });
  let found: { readonly refusal: Promise<string | null>; readonly until: number } | null = null;
  const forget = () => {
    found = null;
  };
  return {
    sender: {
      close: sender.close,
      async call(call) {
        try {
          return await sender.call(call);
        } catch (error) {
          // Where the way has closed, the next work looks first.
          if (isReembedError(error, 'qdrant-unreachable')) forget();
          throw error;
        }
      },
    },
    async refusal() {
      if (found === null || Date.now() > found.until) {
        found = { refusal: askVersion(sender, url), until: Date.now() + askAgainMs };
      }
      const current = found;
      const refusal = await current.refusal;
      if (refusal === null && found === current) found = { ...current, until: Number.POSITIVE_INFINITY };
      return refusal;
    },
  };
}

function closed(reason: string): BinaryProbe {
  return { sender: null, refusal: async () => reason };
}

/**
 * Qdrant's own gRPC port beside its own REST port, and beside 443, where hosts of a cloud answer REST too. Null where the address says nothing
 * of it: another port, and what stands before a proxy, such as a path or a user.
 */
export function usualGrpcUrl(url: string): string | null {
  const { origin, prefix, port, headers } = parseQdrantUrl({ url });
  if (prefix !== '' || headers.authorization !== undefined || (port !== 6333 && port !== 443)) return null;
  const { protocol, hostname } = new URL(origin);
  return `${protocol}//${hostname}:6334`;
}

/** `update_mode` came with 1.17; what does not know it overwrites. Asked of gRPC itself: of several nodes one may be older. */
async function askVersion(sender: GrpcSender, url: string): Promise<string | null> {
  try {
    const version = await sender.call({
      path: '/qdrant.Qdrant/HealthCheck',
      body: [],
      limitMs: probeMs,
      read: readServerVersion,
    });
    const [major = 0, minor = 0] = version.split('.').map(Number);
    return major > 1 || minor >= 17 ? null : `Qdrant ${version} has no insert_only there, 1.17 has`;
  } catch (error) {
    if (isReembedError(error)) return `no Qdrant answers gRPC at ${parseQdrantUrl({ url }).origin} (${error.message})`;
    throw error;
  }
}
