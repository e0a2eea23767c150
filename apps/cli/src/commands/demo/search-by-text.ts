import { ReembedError } from '@reembed/core';
import { Pool } from 'undici';

export type Hit = { readonly id: string; readonly score: number; readonly title: string };

/** An answer, and which side gave it. */
export type Answer = { readonly collection: string; readonly hits: readonly Hit[] };

/** Searches as an application does that knows of no model: it sends its text to a gateway, in Qdrant's own form. */
export type TextSearch = AsyncDisposable & {
  search(text: string): Promise<Answer>;
  /** The same in a given collection. */
  searchIn(collection: string, text: string): Promise<Answer>;
};

export type TextSearchOptions = { readonly gatewayUrl: string; readonly alias: string; readonly limit: number };

export function createTextSearch({ gatewayUrl, alias, limit }: TextSearchOptions): TextSearch {
  const pool = new Pool(gatewayUrl, { connections: 8 });
  const searchIn = async (name: string, text: string): Promise<Answer> => {
    const path = `/collections/${name}/points/query`;
    const body = JSON.stringify({ query: { text, model: 'auto' }, limit, with_payload: ['title'] });
    const reply = await pool.request({ method: 'POST', path, headers: { 'content-type': 'application/json' }, body });
    const said = await reply.body.text();
    if (reply.statusCode !== 200) throw new ReembedError('qdrant-refused', `POST ${path} was answered with ${reply.statusCode}: ${said}`);
    const { points } = (JSON.parse(said) as { readonly result: QueryResult }).result;
    const hits = points.map(({ id, score, payload }) => ({ id: String(id), score, title: payload?.title ?? '' }));
    return { collection: String(reply.headers['reembed-collection']), hits };
  };
  return {
    searchIn,
    search: (text) => searchIn(alias, text),
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

type QueryResult = {
  readonly points: readonly { readonly id: string | number; readonly score: number; readonly payload?: { readonly title?: string } }[];
};
