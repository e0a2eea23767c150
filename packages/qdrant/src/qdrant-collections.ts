import { isOwnCollection } from '@reembed/contracts';
import { type Collections, isReembedError, ReembedError } from '@reembed/core';
import { type BinaryAddress, createBinaryProbe } from './binary-probe.ts';
import { readAliasOnPeers } from './cluster-peers.ts';
import { type CollectionResult, type IndexingResult, toCollectionInfo, toIndexingState } from './collection-info.ts';
import { parseQdrantUrl } from './connection.ts';
import { type Api, createRestClient, type RestClient } from './rest-client.ts';
import { readUsage } from './server-usage.ts';
import { orAbsent } from './translate-qdrant-error.ts';

/** Collections over the official REST client; `rest-client.ts` says how it is called. */
export function createQdrantCollections({ grpcUrl, ...address }: BinaryAddress): Collections {
  const client = createRestClient(address);
  const probe = createBinaryProbe({ grpcUrl, ...address });

  const readCollection = (name: string) =>
    client.result<CollectionResult & IndexingResult>('GET', `/collections/${name}`, (api, init) =>
      api.getCollection({ collection_name: name }, init),
    );
  const aliases = async () => {
    const result = await client.result<{ aliases: { alias_name: string; collection_name: string }[] }>('GET', '/aliases', (api, init) =>
      api.getCollectionsAliases({}, init),
    );
    return new Map(result.aliases.map(({ alias_name, collection_name }) => [alias_name, collection_name]));
  };
  const changeAlias = async (action: object) => {
    const actions = [action] as Parameters<Api['updateAliases']>[0]['actions'];
    await client.result('POST', '/collections/aliases', (api, init) => api.updateAliases({ actions }, init));
  };

  return {
    serverVersion: () => client.answer('GET', '/', (api, init) => api.root({}, init), readVersion),

    async address() {
      const { origin, prefix } = parseQdrantUrl(address);
      return { url: `${origin}${prefix}`, wantsKey: address.apiKey !== undefined };
    },

    async manageRefusal() {
      try {
        // No action at all: what a key may do is looked at first (`check_collection_meta_operation` in Qdrant's source).
        await client.result('POST', '/collections/aliases', (api, init) => api.updateAliases({ actions: [] }, init));
        return null;
      } catch (error) {
        if (isReembedError(error) && error.retry === 'never') return error.message;
        throw error;
      }
    },

    binaryRefusal: probe.refusal,

    async diskBytes() {
      try {
        return readDiskBytes(await client.result('GET', '/telemetry', (api, init) => api.telemetry({ details_level: 1 }, init)));
      } catch (error) {
        // A proxy, a key that may not, a server that has it not: it does not say.
        if (isReembedError(error)) return null;
        throw error;
      }
    },

    usage: () => readUsage(client),

    async describe(name) {
      // GET /collections/{c} resolves aliases, so the list of aliases has to say that this is none.
      const [result, known] = await Promise.all([orAbsent(readCollection(name), null), aliases()]);
      return result === null || known.has(name) ? null : toCollectionInfo(name, result);
    },

    aliases,

    async names() {
      const result = await client.result<{ collections: { name: string }[] }>('GET', '/collections', (api, init) =>
        api.getCollections({}, init),
      );
      return result.collections.map(({ name }) => name).filter((name) => !isOwnCollection(name));
    },

    async create(name, body) {
      await client.result('PUT', `/collections/${name}`, (api, init) => api.createCollection({ ...body, collection_name: name }, init));
    },

    async patch(name, body) {
      await client.result('PATCH', `/collections/${name}`, (api, init) => api.updateCollection({ ...body, collection_name: name }, init));
    },

    async drop(name) {
      await client.result('DELETE', `/collections/${name}`, (api, init) => api.deleteCollection({ collection_name: name }, init));
    },

    async createPayloadIndex(name, field, fieldSchema) {
      const body = { collection_name: name, wait: true, field_name: field, field_schema: fieldSchema };
      await client.result('PUT', `/collections/${name}/index`, (api, init) =>
        api.createFieldIndex(body as Parameters<Api['createFieldIndex']>[0], init),
      );
    },

    async addVector(name, vector, config) {
      const body = { collection_name: name, vector_name: vector, wait: true, ...config };
      await client.result('PUT', `/collections/${name}/vectors/${vector}`, (api, init) =>
        api.createVectorName(body as unknown as Parameters<Api['createVectorName']>[0], init),
      );
    },

    async dropVector(name, vector) {
      await client.result('DELETE', `/collections/${name}/vectors/${vector}`, (api, init) =>
        api.deleteVectorName({ collection_name: name, vector_name: vector, wait: true }, init),
      );
    },

    pointAlias: (alias, collection) => changeAlias({ create_alias: { alias_name: alias, collection_name: collection } }),
    aliasOnPeers: (alias) => readAliasOnPeers(client, address, alias),
    dropAlias: (alias) => changeAlias({ delete_alias: { alias_name: alias } }),

    async inferenceRefusal(name, model) {
      // Texts are embedded before names are looked at: who can embed refuses a vector that no collection has.
      const body = { collection_name: name, query: { text: 'word', model }, using: 'no-such-vector', limit: 1 };
      try {
        await client.result('POST', `/collections/${name}/points/query`, (api, init) => api.queryPoints(body, init));
        return null;
      } catch (error) {
        if (isReembedError(error) && /inference/i.test(error.message)) return error.message;
        if (isReembedError(error, 'qdrant-refused')) return null;
        throw error;
      }
    },

    async count(name, filter, { majority = false } = {}) {
      const consistency = majority ? { consistency: 'majority' as const } : {};
      const body = { collection_name: name, exact: true, ...(filter === undefined ? {} : { filter }), ...consistency };
      const result = await client.result<{ count: number }>('POST', `/collections/${name}/points/count`, (api, init) =>
        api.countPoints(body, init),
      );
      return result.count;
    },

    async indexing(name) {
      const [result, pending] = await Promise.all([readCollection(name), readPendingOptimizations(client, name)]);
      return toIndexingState(result, pending);
    },

    async flush(name) {
      // By filter and not by ids: no ids are refused (400), and a filter reaches every shard, after what each has accepted before.
      const path = `/collections/${name}/points/delete`;
      const { status } = await client.result<{ status: string }>('POST', path, (api, init) =>
        api.deletePoints({ collection_name: name, wait: true, filter: { must: [{ has_id: [] }] } }, init),
      );
      if (status !== 'completed') throw new ReembedError('qdrant-unreachable', `POST ${path} waits for writes, and was told "${status}"`);
    },
  };
}

type Telemetry = {
  readonly app?: { readonly system?: { readonly disk_size?: number | null } };
  readonly cluster?: { readonly status?: { readonly number_of_peers?: number } | null };
};

/** `disk_size` is in KiB, of the server that answers; how much of it is free no version says (seen in the source of 1.19). */
function readDiskBytes({ app, cluster }: Telemetry): number | null {
  const kibibytes = app?.system?.disk_size;
  if (typeof kibibytes !== 'number' || (cluster?.status?.number_of_peers ?? 1) > 1) return null;
  return kibibytes * 1024;
}

function readVersion(data: unknown): string {
  const version = (data as { version?: unknown } | null | undefined)?.version;
  if (typeof version !== 'string') throw new SyntaxError('it has no "version"');
  return version;
}

/** Servers before 1.17 do not know the path. A collection that is not there answers 404 too, but then so does its description. */
async function readPendingOptimizations(client: RestClient, name: string): Promise<number> {
  const result = await orAbsent(
    client.result<{ summary: { queued_optimizations: number }; running: unknown[] }>(
      'GET',
      `/collections/${name}/optimizations`,
      (api, init) => api.getOptimizations({ collection_name: name }, init),
    ),
    null,
  );
  return result === null ? 0 : result.running.length + result.summary.queued_optimizations;
}
