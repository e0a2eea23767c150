import { commandLineSettingsSchema, withoutSecrets } from '@reembed/contracts';
import { type Collections, isReembedError, type Points, ReembedError, type Searches } from '@reembed/core';
import { loadSettings } from '@reembed/process';
import { createQdrantCollections, createQdrantPoints, createQdrantSearches } from '@reembed/qdrant';
import type { Host } from '../terminal/host.ts';

export type QdrantConnection = {
  /** As it was given, secrets included. */
  readonly url: string;
  readonly collections: Collections;
  readonly points: Points;
  readonly searches: Searches;
  readonly requestTimeoutMs: number;
};

const qdrantSettingsSchema = commandLineSettingsSchema.pick({
  qdrantUrl: true,
  qdrantGrpcUrl: true,
  qdrantApiKey: true,
  requestTimeoutMs: true,
});

/** The Qdrant of QDRANT_URL, once it has answered. Throws `qdrant-unreachable`, which says how to get one. */
export async function connectQdrant(env: Host['env']): Promise<QdrantConnection> {
  const { qdrantUrl: url, qdrantGrpcUrl: grpcUrl, qdrantApiKey: apiKey, requestTimeoutMs } = loadSettings(qdrantSettingsSchema, env);
  const collections = createQdrantCollections({ url, grpcUrl, apiKey, requestTimeoutMs });
  await collections.serverVersion().catch((error: unknown) => {
    throw isReembedError(error, 'qdrant-unreachable') ? notThere(url, error) : error;
  });
  const sender = { url, apiKey, requestTimeoutMs };
  return {
    url,
    collections,
    points: createQdrantPoints({ ...sender, connections: 8 }),
    searches: createQdrantSearches({ ...sender, connections: 1 }),
    requestTimeoutMs,
  };
}

function notThere(url: string, cause: ReembedError): ReembedError {
  return new ReembedError(
    'qdrant-unreachable',
    `no Qdrant answers at ${withoutSecrets(url)}: set QDRANT_URL to yours, or start a local one with \`reembed qdrant\`, or everything with ` +
      `\`reembed dev\` (${cause.message})`,
    { cause },
  );
}
