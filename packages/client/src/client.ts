import { text as readText } from 'node:stream/consumers';
import { exactInteger } from '@reembed/contracts';
import type { Clock } from '@reembed/core';
import { createModelCatalogue, createTextSources, loadReembedConfig } from '@reembed/embedders';
import { systemClock } from '@reembed/process';
import { qdrantAnswerToError } from '@reembed/qdrant';
import { connect } from './connect.ts';
import { anyModel } from './text-vectors.ts';

/** A text that becomes a vector: of the model that made the vectors of the collection asked. */
export type Text = { readonly text: string };

/** Numbers as they are, or a text. */
export type VectorOrText = readonly number[] | Text | { readonly indices: readonly number[]; readonly values: readonly number[] };

/** A u64 past 2^53 is a bigint, here and in answers. */
export type Id = number | bigint | string;

export type Point = {
  readonly id: Id;
  /** The unnamed vector, or vectors by name. */
  readonly vector: VectorOrText | Readonly<Record<string, VectorOrText>>;
  readonly payload?: Readonly<Record<string, unknown>>;
};

/** Points by their ids, or all that match. */
export type Selection = { readonly points: readonly Id[] } | { readonly filter: Readonly<Record<string, unknown>> };

export type Search = {
  readonly query: VectorOrText | Id;
  /** The vector that is asked; default: the unnamed one. */
  readonly using?: string;
  readonly limit?: number;
  readonly filter?: Readonly<Record<string, unknown>>;
  /** Whatever else `POST points/query` takes, as it takes it. */
  readonly also?: Readonly<Record<string, unknown>>;
};

export type FoundPoint = { readonly id: Id; readonly score: number; readonly payload: Readonly<Record<string, unknown>> };

/** `collection`: the one that answered, by its own name; null where no text had to be embedded for it. */
export type Found = { readonly collection: string | null; readonly points: readonly FoundPoint[] };

/**
 * Searches and writes on an alias that follow a migration in flight: every text is embedded for the very collection that is asked, and writes
 * go to both sides until the alias moves. Needs Qdrant and the providers; neither Redis nor a coordinator. Throws ReembedError.
 */
export type Client = AsyncDisposable & {
  search(alias: string, search: Search): Promise<Found>;
  upsert(alias: string, points: readonly Point[]): Promise<void>;
  delete(alias: string, which: Selection): Promise<void>;
  /** Sets these fields of the payload, and leaves the others. */
  setPayload(alias: string, which: Selection, payload: Readonly<Record<string, unknown>>): Promise<void>;
};

export type ClientOptions = {
  readonly url: string;
  readonly apiKey?: string;
  /** The file of model names; default: ./reembed.config.yaml where it exists. */
  readonly configFile?: string;
  /** Where provider keys are; default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
};

/** How long a text may take to be embedded, in ms. */
const embedTimeoutMs = 20_000;

export async function createClient({ url, apiKey, configFile, env = process.env, clock = systemClock }: ClientOptions): Promise<Client> {
  const config = await loadReembedConfig(configFile);
  const connected = connect({
    url,
    apiKey,
    catalogue: createModelCatalogue({ config, env }),
    textSources: createTextSources({ config, env, filesDir: '.' }),
    clock,
    requestTimeoutMs: 30_000,
    connections: 32,
    embedTimeoutMs,
    keptQueries: 10_000,
    holdWritesMs: 3_000,
  });

  async function ask(name: string, method: string, rest: string, body: unknown): Promise<Found> {
    const sent = { method, name, rest, query: method === 'POST' && rest === '/points/query' ? '' : '?wait=true' };
    const headers = { 'content-type': 'application/json' };
    const answer = await connected.live.send({ ...sent, headers, body: Buffer.from(write(body)) });
    const said = await readText(answer.body);
    if (answer.status >= 300)
      throw qdrantAnswerToError(
        { origin: url, method, path: `/collections/${name}${rest}` },
        { status: answer.status, body: said, retryAfter: String(answer.headers['retry-after'] ?? '') },
      );
    const { result } = read(said) as { result: { points?: readonly FoundPoint[] } };
    return { collection: answer.collection, points: result.points ?? [] };
  }

  return {
    search: (alias, { query, using = '', limit = 10, filter, also }) =>
      ask(alias, 'POST', '/points/query', { with_payload: true, ...also, query: named(query), using, limit, ...(filter && { filter }) }),
    upsert: async (alias, points) => void (await ask(alias, 'PUT', '/points', { points: points.map(withModels) })),
    delete: async (alias, which) => void (await ask(alias, 'POST', '/points/delete', which)),
    setPayload: async (alias, which, payload) => void (await ask(alias, 'POST', '/points/payload', { ...which, payload })),
    [Symbol.asyncDispose]: connected.close,
  };
}

/** A text in Qdrant's own inference form. */
function named(vector: VectorOrText | Id): unknown {
  return isText(vector) ? { ...vector, model: anyModel } : vector;
}

function isText(vector: unknown): vector is Text {
  return typeof vector === 'object' && vector !== null && 'text' in vector && typeof vector.text === 'string';
}

function withModels({ vector, ...point }: Point): unknown {
  if (isText(vector) || Array.isArray(vector)) return { ...point, vector: named(vector) };
  const isNamed = (value: unknown): value is Readonly<Record<string, VectorOrText>> => typeof value === 'object';
  return {
    ...point,
    vector: isNamed(vector) ? Object.fromEntries(Object.entries(vector).map(([name, one]) => [name, named(one)])) : vector,
  };
}

function write(body: unknown): string {
  return JSON.stringify(body, (_key, value: unknown) => (typeof value === 'bigint' ? exactInteger(value) : value));
}

const parse = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;

function read(text: string): unknown {
  return parse(text, (_key, value, { source = '' }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value,
  );
}
