import { asNumber, parseExact } from './exact-json.ts';

/** A point as it stands in a collection: everything a comparison looks at. */
export type StoredPoint = {
  /** Its JSON: `7`, `9223372036854775809` or a UUID in quotes. */
  readonly id: string;
  /** Its JSON, numbers and order of keys as stored. */
  readonly payload: string;
  /** By name; `""` is the unnamed one. Numbers of sparse vectors: indices and values in turn, in the order of indices. */
  readonly vectors: Readonly<Record<string, readonly number[]>>;
};

/** Qdrant as a test speaks to it: plain HTTP, apart from the code under test. */
export type QdrantHttp = {
  /** Throws where the answer is not 2xx. Answers `result`. */
  call(method: string, path: string, body?: unknown): Promise<unknown>;
  /** The status of the answer, whatever it is. */
  status(method: string, path: string, body?: unknown): Promise<number>;
  count(collection: string): Promise<number>;
  aliases(): Promise<Record<string, string>>;
  /** Names of all collections and aliases, sorted. */
  names(): Promise<string[]>;
  scroll(collection: string): Promise<StoredPoint[]>;
};

export function createQdrantHttp(url: string): QdrantHttp {
  const send = async (method: string, path: string, body?: unknown) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: text }),
    });
    return { status: answer.status, text: await answer.text() };
  };
  const call = async (method: string, path: string, body?: unknown) => {
    const { status, text } = await send(method, path, body);
    if (status < 200 || status > 299) throw new Error(`${method} ${path} was answered with ${status}: ${text.slice(0, 500)}`);
    return (parseExact(text) as { result: unknown }).result;
  };
  const aliases = async () => {
    const found = (await call('GET', '/aliases')) as { aliases: { alias_name: string; collection_name: string }[] };
    return Object.fromEntries(found.aliases.map(({ alias_name, collection_name }) => [alias_name, collection_name]));
  };
  return {
    call,
    status: async (method, path, body) => (await send(method, path, body)).status,
    count: async (name) => ((await call('POST', `/collections/${name}/points/count`, { exact: true })) as { count: number }).count,
    aliases,
    async names() {
      const { collections } = (await call('GET', '/collections')) as { collections: { name: string }[] };
      return [...collections.map(({ name }) => name), ...Object.keys(await aliases())].sort();
    },
    async scroll(name) {
      const points: StoredPoint[] = [];
      for (let offset: unknown = null; ; ) {
        const body = { limit: 500, offset, with_payload: true, with_vector: true };
        const page = (await call('POST', `/collections/${name}/points/scroll`, body)) as { points: Raw[]; next_page_offset: unknown };
        points.push(...page.points.map(asStored));
        if (page.next_page_offset === null) return points;
        offset = page.next_page_offset;
      }
    },
  };
}

type Raw = { readonly id: unknown; readonly payload?: unknown; readonly vector?: unknown };

function asStored({ id, payload, vector }: Raw): StoredPoint {
  const named = Array.isArray(vector) ? { '': vector } : ((vector ?? {}) as Record<string, unknown>);
  const vectors = Object.entries(named).map(([name, value]) => [name, numbersOf(value)] as const);
  return { id: JSON.stringify(id), payload: JSON.stringify(payload ?? {}), vectors: Object.fromEntries(vectors) };
}

function numbersOf(vector: unknown): number[] {
  if (Array.isArray(vector)) return vector.flat().map(asNumber);
  const { indices, values } = vector as { indices: unknown[]; values: unknown[] };
  const entries = indices.map((index, at) => [asNumber(index), asNumber(values[at])] as const);
  return entries.sort(([a], [b]) => a - b).flat();
}
