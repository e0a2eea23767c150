import { StringDecoder } from 'node:string_decoder';
import type { PointId } from '@reembed/contracts';
import { type Points, type PointText, pointIdToJson } from '@reembed/core';
import { Pool } from 'undici';
import { createBodyBuffers } from './body-buffers.ts';
import { connectionOptions } from './connection-options.ts';
import { parseQdrantUrl, type QdrantAddress } from './qdrant-address.ts';
import { type SlicedPoints, slicePoints } from './slice-points.ts';
import { qdrantAnswerToError, translateQdrantError, UnexpectedAnswer } from './translate-qdrant-error.ts';
import { longestBody, upsertBody } from './upsert-body.ts';
import { vectorsBody } from './vectors-body.ts';
import { withRequestLimit } from './with-request-limit.ts';

/** `connections`: how many requests may be under way at once; the rest wait, and their time limit runs. */
export type QdrantPointsOptions = QdrantAddress & { readonly connections: number };

/** Points over undici and JSON text. Idle connections keep no process alive. */
export function createQdrantPoints(options: QdrantPointsOptions): Points {
  const send = createSender(options);
  const buffers = createBodyBuffers();
  const read = (path: string, body: string, signal?: AbortSignal) => send({ method: 'POST', path, body, signal, read: readPoints });

  const upsert = async (collection: string, points: readonly PointText[], mode: 'insertOnly' | 'updateOnly', signal?: AbortSignal) => {
    if (points.length === 0) return;
    const buffer = buffers.take(longestBody(points));
    const body = upsertBody(points, mode, buffer);
    await send({ method: 'PUT', path: `${pathOf(collection)}?wait=true`, body, signal, read: readAcknowledgement });
    buffers.giveBack(buffer);
  };

  return {
    async scroll(collection, { offset, limit, payload, vectors, signal }) {
      return read(`${pathOf(collection)}/scroll`, scrollBody(offset, limit, payload, vectors), signal);
    },

    async scrollIds(collection, { offset, limit, signal }) {
      const { points, next } = await read(`${pathOf(collection)}/scroll`, scrollBody(offset, limit, false, []), signal);
      return { ids: points.map(({ id }) => id), next };
    },

    async retrieve(collection, { ids, payload, vectors, majority = false, signal }) {
      if (ids.length === 0) return [];
      const body = `{"ids":${idList(ids)},${selectors(payload, vectors)}}`;
      return (await read(`${pathOf(collection)}${majority ? '?consistency=majority' : ''}`, body, signal)).points;
    },

    async sample(collection, limit, vectors = []) {
      const body = `{"query":{"sample":"random"},"limit":${limit},${selectors(true, vectors)}}`;
      return (await read(`${pathOf(collection)}/query`, body)).points;
    },

    insertOnly: (collection, points, signal) => upsert(collection, points, 'insertOnly', signal),
    updateOnly: (collection, points, signal) => upsert(collection, points, 'updateOnly', signal),

    async updateVectors(collection, points, { onlyMissing, signal } = {}) {
      if (points.length === 0) return;
      const body = vectorsBody(points, onlyMissing);
      await send({ method: 'PUT', path: `${pathOf(collection)}/vectors?wait=true`, body, signal, read: readAcknowledgement });
    },

    async removeVector(collection, ids, vector, signal) {
      if (ids.length === 0) return;
      // By filter: a list of points with an absent one among them is carried out and answered with 404.
      const body = `{"filter":{"must":[{"has_id":${idList(ids)}}]},"vector":[${JSON.stringify(vector)}]}`;
      await send({ method: 'POST', path: `${pathOf(collection)}/vectors/delete?wait=true`, body, signal, read: readAcknowledgement });
    },

    async lacking(collection, { ids, vector, signal }) {
      if (ids.length === 0) return [];
      const filter = `{"must":[{"has_id":${idList(ids)}}],"must_not":[{"has_vector":${JSON.stringify(vector)}}]}`;
      const body = `{"limit":${ids.length},"filter":${filter},${selectors(false, [])}}`;
      return (await read(`${pathOf(collection)}/scroll`, body, signal)).points.map(({ id }) => id);
    },

    async remove(collection, ids, signal) {
      if (ids.length === 0) return;
      const body = `{"points":${idList(ids)}}`;
      await send({ method: 'POST', path: `${pathOf(collection)}/delete?wait=true`, body, signal, read: readAcknowledgement });
    },
  };
}

function pathOf(collection: string): string {
  return `/collections/${encodeURIComponent(collection)}/points`;
}

function idList(ids: readonly PointId[]): string {
  return `[${ids.map(pointIdToJson).join(',')}]`;
}

function scrollBody(offset: PointId | null, limit: number, payload: boolean, vectors: readonly string[]): string {
  const from = offset === null ? '' : `"offset":${pointIdToJson(offset)},`;
  return `{${from}"limit":${limit},${selectors(payload, vectors)}}`;
}

function selectors(payload: boolean, vectors: readonly string[]): string {
  return `"with_payload":${payload},"with_vector":${vectors.length === 0 ? 'false' : JSON.stringify(vectors)}`;
}

function readPoints(answer: string): SlicedPoints {
  try {
    return slicePoints(answer);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new UnexpectedAnswer(cause.message, { cause });
    throw cause;
  }
}

/** A proxy's friendly page is no acknowledgement. */
function readAcknowledgement(answer: string): void {
  if (!/"status":\s*"(completed|acknowledged)"/.test(answer)) throw new UnexpectedAnswer('it does not acknowledge the write');
}

/**
 * Decodes chunk by chunk. Joining the bytes first, as the body's own `text()` does, makes a buffer and then a string outside the heap, each
 * as long as the page; V8 answers such growth with full collections, which took another quarter of a copying worker's CPU time.
 */
async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  const decoder = new StringDecoder('utf8');
  let text = '';
  for await (const chunk of stream) text += decoder.write(chunk);
  return text + decoder.end();
}

type Call<T> = {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly body: string | Buffer;
  readonly signal: AbortSignal | undefined;
  readonly read: (answer: string) => T;
};

function createSender({ url, apiKey, requestTimeoutMs, connections }: QdrantPointsOptions): <T>(call: Call<T>) => Promise<T> {
  const { origin, prefix } = parseQdrantUrl(url);
  const pool = new Pool(origin, { ...connectionOptions, connections });
  const headers = { 'content-type': 'application/json', ...(apiKey === undefined ? {} : { 'api-key': apiKey }) };

  return async ({ method, path, body, signal, read }) => {
    const request = { origin, method, path };
    try {
      const answer = await withRequestLimit(requestTimeoutMs, signal, async (limited) => {
        const {
          statusCode,
          headers: told,
          body: stream,
        } = await pool.request({ method, path: prefix + path, headers, body, signal: limited });
        return { status: statusCode, body: await readText(stream), retryAfter: String(told['retry-after'] ?? '') };
      });
      if (answer.status < 200 || answer.status > 299) throw qdrantAnswerToError(request, answer);
      return read(answer.body);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw translateQdrantError(request, error);
    }
  };
}
