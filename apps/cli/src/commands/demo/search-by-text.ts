import { readOrigins } from '@reembed/contracts';
import { type Embedder, type ModelCatalogue, ReembedError } from '@reembed/core';
import { Pool } from 'undici';

export type Hit = { readonly id: string; readonly score: number; readonly title: string };

/** An answer, and which side gave it. */
export type Answer = { readonly collection: string; readonly model: string; readonly hits: readonly Hit[] };

/**
 * Searches as an application does that lives through a switch: it asks where the alias points, embeds the query with that collection's
 * own model, which its metadata names, and queries that collection by its own name. An alias that moves in between mixes nothing.
 */
export type TextSearch = AsyncDisposable & {
  search(text: string): Promise<Answer>;
  /** The same in a given collection. */
  searchIn(collection: string, text: string): Promise<Answer>;
};

export type TextSearchOptions = {
  readonly qdrantUrl: string;
  readonly alias: string;
  readonly limit: number;
  readonly catalogue: ModelCatalogue;
};

export function createTextSearch({ qdrantUrl, alias, limit, catalogue }: TextSearchOptions): TextSearch {
  const pool = new Pool(qdrantUrl, { connections: 8 });
  const embedders = new Map<string, Embedder>();
  const models = new Map<string, Promise<string>>();
  const vectors = new Map<string, Promise<readonly number[]>>();

  const modelOf = (collection: string) =>
    remembered(models, collection, async () => {
      const { config } = await ask<CollectionResult>(pool, 'GET', `/collections/${collection}`);
      const model = readOrigins(config.metadata)['']?.model;
      if (model === undefined) throw new ReembedError('not-found', `the metadata of "${collection}" does not say what made its vectors`);
      return model;
    });
  const embed = (model: string, text: string) =>
    remembered(vectors, JSON.stringify([model, text]), async () => {
      const embedder = embedders.get(model) ?? catalogue.embedder(model);
      embedders.set(model, embedder);
      return [...(await embedder.embed([text], { kind: 'query' })).vectors];
    });

  const searchIn = async (collection: string, text: string): Promise<Answer> => {
    const model = await modelOf(collection);
    const query = await embed(model, text);
    const body = { query, limit, with_payload: ['title'] };
    const { points } = await ask<QueryResult>(pool, 'POST', `/collections/${collection}/points/query`, body);
    return { collection, model, hits: points.map(({ id, score, payload }) => ({ id: String(id), score, title: payload?.title ?? '' })) };
  };

  return {
    searchIn,
    async search(text) {
      const { aliases } = await ask<AliasesResult>(pool, 'GET', '/aliases');
      const behind = aliases.find(({ alias_name }) => alias_name === alias);
      if (behind === undefined) throw new ReembedError('qdrant-not-found', `there is no alias "${alias}"`);
      return searchIn(behind.collection_name, text);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...embedders.values()].map((embedder) => embedder.close()));
      await pool.destroy();
    },
  };
}

type CollectionResult = { readonly config: { readonly metadata: Readonly<Record<string, unknown>> } };
type AliasesResult = { readonly aliases: readonly { readonly alias_name: string; readonly collection_name: string }[] };
type QueryResult = {
  readonly points: readonly { readonly id: string | number; readonly score: number; readonly payload?: { readonly title?: string } }[];
};

/** One call for all who ask meanwhile; a call that failed is made again. */
function remembered<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const made = known.get(key) ?? make();
  known.set(key, made);
  made.catch(() => known.delete(key));
  return made;
}

async function ask<T>(pool: Pool, method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
  const json = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const reply = await pool.request({ method, path, ...json });
  const text = await reply.body.text();
  if (reply.statusCode !== 200)
    throw new ReembedError('qdrant-refused', `${method} ${path} was answered with ${reply.statusCode}: ${text}`);
  return (JSON.parse(text) as { result: T }).result;
}
