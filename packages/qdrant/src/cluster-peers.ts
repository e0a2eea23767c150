import { isReembedError, type PeerReading } from '@reembed/core';
import { parseQdrantUrl, type QdrantAddress } from './connection.ts';
import { createRestClient, type RestClient } from './rest-client.ts';

/** How long one peer is waited for, in ms: one that is down must not hold up an act that is done. */
const peerLimitMs = 2_000;

type ClusterStatus = { readonly peer_id?: number; readonly peers?: Readonly<Record<string, { readonly uri: string }>> };

/** The servers of the cluster besides the one that is asked, as it tells them; each is expected at the port that the first has. */
async function otherPeers(client: RestClient, address: QdrantAddress): Promise<readonly { peer: string; address: QdrantAddress }[]> {
  const { peer_id, peers = {} } = await client.result<ClusterStatus>('GET', '/cluster', (api, init) => api.clusterStatus({}, init));
  const { origin, prefix, port } = parseQdrantUrl(address);
  return Object.entries(peers).flatMap(([id, { uri }]) => {
    if (Number(id) === peer_id) return [];
    // A peer tells its address for other peers: the host is the same, the port of the REST interface is not told.
    const url = `${new URL(origin).protocol}//${new URL(uri).hostname}:${port}${prefix}`;
    return [{ peer: new URL(url).host, address: { ...address, url, requestTimeoutMs: Math.min(peerLimitMs, address.requestTimeoutMs) } }];
  });
}

/**
 * What each other server of the cluster answers for an alias: `undefined` where it cannot be asked at that address. A server that fails when it
 * is asked for its peers is one reading that is not known: the alias has moved by then, and nothing waits for ever.
 */
export async function readAliasOnPeers(client: RestClient, address: QdrantAddress, alias: string): Promise<readonly PeerReading[]> {
  try {
    const peers = await otherPeers(client, address);
    return await Promise.all(peers.map(async ({ peer, address: at }) => ({ peer, pointsAt: await ask(at, alias) })));
  } catch (error) {
    if (!isReembedError(error)) throw error;
    // A proxy that knows the path not, a key that may not ask: nobody tells of peers.
    return error.retry === 'never' ? [] : [{ peer: new URL(parseQdrantUrl(address).origin).host, pointsAt: undefined }];
  }
}

async function ask(address: QdrantAddress, alias: string): Promise<string | null | undefined> {
  try {
    const { aliases } = await createRestClient(address).result<{ aliases: { alias_name: string; collection_name: string }[] }>(
      'GET',
      '/aliases',
      (api, init) => api.getCollectionsAliases({}, init),
    );
    return aliases.find(({ alias_name }) => alias_name === alias)?.collection_name ?? null;
  } catch (error) {
    if (isReembedError(error)) return undefined;
    throw error;
  }
}
