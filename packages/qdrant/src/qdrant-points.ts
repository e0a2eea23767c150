import { exactInteger, type PointId } from '@reembed/contracts';
import {
  type Filter,
  inHalves,
  isReembedError,
  type Page,
  type Points,
  type PointText,
  type PointVectors,
  pointIdToJson,
  type ReembedError,
  type ScrollRequest,
  type WrittenPoint,
} from '@reembed/core';
import { createSender, pointsPath, type SenderOptions } from './send-text.ts';
import { slicePoints } from './slice-answers.ts';
import { holdsDocument, spelled } from './spelled-vectors.ts';
import { createStrictLimits } from './strict-limits.ts';
import { createBodyBuffers, longestBody, type UpsertMode, upsertBody, vectorsBody } from './write-bodies.ts';

const isRefused = (error: unknown): error is ReembedError => isReembedError(error, 'qdrant-refused');

type Retrieve = Parameters<Points['retrieve']>[1];

/** `inferenceHeaders` go along with upserts that hold documents for Qdrant to embed, and with nothing else: keys of providers. */
export type QdrantPointsOptions = SenderOptions & { readonly inferenceHeaders?: Readonly<Record<string, string>> };

/** Points over undici and JSON text. Idle connections keep no process alive. */
export function createQdrantPoints(options: QdrantPointsOptions): Points {
  const send = createSender(options);
  const buffers = createBodyBuffers();
  const headersFor = (points: readonly PointVectors[]) => (points.some(holdsDocument) ? options.inferenceHeaders : undefined);
  const read = (path: string, body: string, signal?: AbortSignal) => send({ method: 'POST', path, body, signal, read: slicePoints });
  const limits = createStrictLimits();

  const scroll = (collection: string, request: ScrollRequest) =>
    limits.within(collection, request.limit, (limit) =>
      read(`${pointsPath(collection)}/scroll${consistency(request)}`, scrollBody({ ...request, limit }), request.signal),
    );

  /** As many points as are asked for, also where strict mode gives fewer at once. */
  async function scrollAll(collection: string, request: ScrollRequest): Promise<Page> {
    const points: PointText[] = [];
    for (let offset = request.offset; ; ) {
      const page = await scroll(collection, { ...request, offset, limit: request.limit - points.length });
      points.push(...page.points);
      if (page.next === null || points.length >= request.limit) return { points, next: page.next };
      offset = page.next;
    }
  }

  const upsert = async (collection: string, written: readonly WrittenPoint[], mode: UpsertMode, signal?: AbortSignal) => {
    if (written.length === 0) return;
    const points = written.map(spelled);
    const buffer = buffers.take(longestBody(points));
    const body = upsertBody(points, mode, buffer);
    const headers = headersFor(points);
    await send({ method: 'PUT', path: `${pointsPath(collection)}?wait=true`, body, headers, signal, read: readAcknowledgement });
    buffers.giveBack(buffer);
  };

  const remove = (collection: string, body: string, signal?: AbortSignal) =>
    send({ method: 'POST', path: `${pointsPath(collection)}/delete?wait=true`, body, signal, read: readAcknowledgement });

  /**
   * Reading by ids takes no filter, so ids become a condition. Strict mode may limit a condition's size or their number: then half the
   * ids at a time, and a single one by where the scroll begins.
   */
  async function retrieveMatching(collection: string, request: Retrieve & { filter: Filter }): Promise<readonly PointText[]> {
    const { filter } = request;
    const { done, refused } = await inHalves(request.ids, isRefused, async (ids) => {
      const [only] = ids;
      if (ids.length === 1 && only !== undefined) {
        const { points } = await scroll(collection, { ...request, offset: only, limit: 1 });
        return points.filter(({ id }) => pointIdToJson(id) === pointIdToJson(only));
      }
      const among = { must: [{ has_id: ids.map(idInFilter) }, filter] };
      return (await scrollAll(collection, { ...request, filter: among, offset: null, limit: ids.length })).points;
    });
    const [first] = refused;
    if (first !== undefined) throw first.error;
    return done.flatMap(({ reply }) => reply);
  }

  return {
    scroll,

    async scrollIds(collection, request) {
      const { points, next } = await scrollAll(collection, { ...request, payload: false, vectors: [] });
      return { ids: points.map(({ id }) => id), next };
    },

    async retrieve(collection, request) {
      const { ids, payload, vectors, filter, signal } = request;
      if (ids.length === 0) return [];
      if (filter !== undefined) return retrieveMatching(collection, { ...request, filter });
      const body = `{"ids":${idList(ids)},${selectors(payload, vectors)}}`;
      return (await read(`${pointsPath(collection)}${consistency(request)}`, body, signal)).points;
    },

    async sample(collection, limit, { filter, vectors = [] } = {}) {
      const body = (most: number) => `{"query":{"sample":"random"},"limit":${most},${filtered(filter)}${selectors(true, vectors)}}`;
      return (await limits.within(collection, limit, (most) => read(`${pointsPath(collection)}/query`, body(most)))).points;
    },

    insertOnly: (collection, points, signal) => upsert(collection, points, 'insertOnly', signal),
    updateOnly: (collection, points, signal) => upsert(collection, points, 'updateOnly', signal),
    upsertWhere: (collection, points, filter) => upsert(collection, points, { where: filter }),

    async updateVectors(collection, written, { onlyMissing, signal } = {}) {
      if (written.length === 0) return;
      const points = written.map(spelled);
      const body = vectorsBody(points, onlyMissing);
      const headers = headersFor(points);
      await send({ method: 'PUT', path: `${pointsPath(collection)}/vectors?wait=true`, body, headers, signal, read: readAcknowledgement });
    },

    async removeVector(collection, ids, vector, signal) {
      if (ids.length === 0) return;
      // By filter: a list of points with an absent one among them is carried out and answered with 404.
      const body = `{"filter":{"must":[{"has_id":${idList(ids)}}]},"vector":[${JSON.stringify(vector)}]}`;
      await send({ method: 'POST', path: `${pointsPath(collection)}/vectors/delete?wait=true`, body, signal, read: readAcknowledgement });
    },

    async lacking(collection, { ids, vector, signal }) {
      if (ids.length === 0) return [];
      const filter = { must: [{ has_id: ids.map(idInFilter) }], must_not: [{ has_vector: vector }] };
      const request = { offset: null, limit: ids.length, filter, payload: false, vectors: [], signal };
      return (await scrollAll(collection, request)).points.map(({ id }) => id);
    },

    removeWhere: (collection, filter) => remove(collection, JSON.stringify({ filter })),
    async remove(collection, ids, signal) {
      if (ids.length > 0) await remove(collection, `{"points":${idList(ids)}}`, signal);
    },
  };
}

function idList(ids: readonly PointId[]): string {
  return `[${ids.map(pointIdToJson).join(',')}]`;
}

function scrollBody({ offset, limit, filter, payload, vectors }: Omit<ScrollRequest, 'signal'>): string {
  const from = offset === null ? '' : `"offset":${pointIdToJson(offset)},`;
  return `{${from}"limit":${limit},${filtered(filter)}${selectors(payload, vectors)}}`;
}

function filtered(filter: Filter | undefined): string {
  return filter === undefined ? '' : `"filter":${JSON.stringify(filter)},`;
}

function idInFilter({ kind, id }: PointId): unknown {
  return kind === 'integer' ? exactInteger(BigInt(id)) : id;
}

function consistency({ majority = false }: Pick<Retrieve, 'majority'>): string {
  return majority ? '?consistency=majority' : '';
}

function selectors(payload: boolean, vectors: readonly string[]): string {
  return `"with_payload":${payload},"with_vector":${vectors.length === 0 ? 'false' : JSON.stringify(vectors)}`;
}

/** A proxy's friendly page is no acknowledgement. */
function readAcknowledgement(answer: string): void {
  if (!/"status":\s*"(completed|acknowledged)"/.test(answer)) throw new SyntaxError('it does not acknowledge the write');
}
