import type { PointId } from '@reembed/contracts';
import type { CollectionInfo, DenseVectorParams } from '../domain/collection-info.ts';
import type { Filter, PointText, PointVectors, WrittenPoint } from '../domain/point.ts';

/** What a named vector is added with. */
export type VectorConfig = { readonly dense: DenseVectorParams } | { readonly sparse: Readonly<Record<string, unknown>> };

/** Where a server is, as an application may be told it: without secrets. */
export type ServerAddress = { readonly url: string; readonly wantsKey: boolean };

/** How far the optimizers are. */
export type IndexingState = {
  readonly status: string;
  readonly optimizerStatus: string;
  readonly points: number;
  readonly indexedVectors: number;
  /** Optimizations running and queued, where the server says (1.17 and later); 0 elsewhere. */
  readonly pendingOptimizations: number;
  /** Operations accepted and not yet applied. */
  readonly updateQueueLength: number;
};

/** What one server of a cluster answers. `pointsAt`: null where it knows no such alias; undefined where it cannot be asked. */
export type PeerReading = { readonly peer: string; readonly pointsAt: string | null | undefined };

/**
 * Collections and aliases of one Qdrant: everything but points.
 * Every method throws ReembedError: `qdrant-unreachable` (refused, timeout, 429, 5xx), `qdrant-not-found`, `qdrant-conflict`,
 * `qdrant-unauthorized`, `qdrant-refused` (any other 4xx, with the server's words), `qdrant-too-large`.
 */
export type Collections = {
  /** `1.19.0`. */
  serverVersion(): Promise<string>;
  /** Known without asking. */
  address(): Promise<ServerAddress>;
  /** Why this key may not manage collections, in the server's words; null: it may. Changes nothing. */
  manageRefusal(): Promise<string | null>;
  /** Why points do not go over gRPC, in a sentence; null: they can. */
  binaryRefusal(): Promise<string | null>;
  /** What the disk under the server's data holds, used or not, in bytes; null where one server does not say, or several hold the data. */
  diskBytes(): Promise<number | null>;
  /**
   * How full the disk under the server's data is, and how much of the memory it may have its process holds, in percent: of the fullest, where
   * several servers hold the data. Null where it does not say (before 1.19, or for a key that may not ask).
   */
  usage(): Promise<{ readonly diskPercent: number | null; readonly memoryPercent: number | null }>;
  /** Null where there is no such collection. An alias is not resolved: asking for one answers null. */
  describe(name: string): Promise<CollectionInfo | null>;
  /** Every alias of the server: alias name to collection name. */
  aliases(): Promise<ReadonlyMap<string, string>>;
  /** Every collection but those that reembed keeps its own records in: nobody means one of them. */
  names(): Promise<readonly string[]>;
  /** Creates a collection; `body` as in `PUT /collections/{c}`, metadata included. Throws `qdrant-conflict` where the name is taken. */
  create(name: string, body: Readonly<Record<string, unknown>>): Promise<void>;
  /** `PATCH /collections/{c}`. */
  patch(name: string, body: Readonly<Record<string, unknown>>): Promise<void>;
  /** Drops the collection with its aliases; one that is not there is no error, and an alias's name drops nothing. */
  drop(name: string): Promise<void>;
  createPayloadIndex(name: string, field: string, fieldSchema: unknown): Promise<void>;
  /**
   * Adds a named vector to a collection in place (1.18 and later); the very same one again is no error. `config` as in
   * `PUT /collections/{c}/vectors/{name}`. Throws `qdrant-conflict` where the name is taken by a vector that is configured otherwise.
   */
  addVector(name: string, vector: string, config: VectorConfig): Promise<void>;
  /** Drops a named vector from every point (1.18 and later); one that is not there is no error. The unnamed one cannot be dropped. */
  dropVector(name: string, vector: string): Promise<void>;
  /** One lone create_alias action: makes or re-points the alias in one step. */
  pointAlias(alias: string, collection: string): Promise<void>;
  /** What the other servers of a cluster answer for the alias; empty where there is one server. */
  aliasOnPeers(alias: string): Promise<readonly PeerReading[]>;
  /** Deletes the alias; one that is not there is no error. */
  dropAlias(alias: string): Promise<void>;
  /**
   * Why this server makes no vectors of texts with the model, in its own words; null where it does. `name`: any collection that exists; nothing
   * is written.
   */
  inferenceRefusal(name: string, model: string): Promise<string | null>;
  /** Exact count. */
  count(name: string, filter?: Filter, options?: { readonly majority?: boolean }): Promise<number>;
  indexing(name: string): Promise<IndexingState>;
  /** One acknowledged write that changes nothing: when it returns, every write accepted before it has been applied. */
  flush(name: string): Promise<void>;
};

/** Collections that are asked for at the same time: a server may have thousands, and each takes a request. */
const askedAtOnce = 8;

/** Every collection with its description, in the order of the names; one that goes meanwhile is left out. */
export async function* describeAll(collections: Pick<Collections, 'names' | 'describe'>): AsyncGenerator<CollectionInfo> {
  const names = await collections.names();
  for (let at = 0; at < names.length; at += askedAtOnce) {
    const found = await Promise.all(names.slice(at, at + askedAtOnce).map((name) => collections.describe(name)));
    yield* found.filter((info) => info !== null);
  }
}

/** As many points as one request may ask for with their vectors and not be refused. */
const retrievedAtOnce = 256;

/** Points by their ids, however many, in several requests. */
export async function retrieveAll(
  points: Pick<Points, 'retrieve'>,
  collection: string,
  { ids, ...request }: Parameters<Points['retrieve']>[1],
): Promise<PointText[]> {
  const found: PointText[] = [];
  for (let at = 0; at < ids.length; at += retrievedAtOnce)
    found.push(...(await points.retrieve(collection, { ids: ids.slice(at, at + retrievedAtOnce), ...request })));
  return found;
}

export type Page = {
  readonly points: readonly PointText[];
  /** The id the next page starts with; null at the end. */
  readonly next: PointId | null;
};

/** Which vectors a read brings: none, or those named. */
export type ScrollRequest = {
  /** Inclusive; need not exist. Null: from the start. */
  readonly offset: PointId | null;
  readonly limit: number;
  readonly payload: boolean;
  /** A name that the collection has not is refused. */
  readonly vectors: readonly string[];
  /** Only points that match. */
  readonly filter?: Filter | undefined;
  /** Ask a majority of replicas, so that one that lags does not pass for what is stored. */
  readonly majority?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type UpdateVectorsOptions = {
  /** Change only points that lack this vector. */
  readonly onlyMissing?: string | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** `filter`: only points that match; `vectors`: those to bring along, none where it is left out. */
export type SampleOptions = { readonly filter?: Filter | undefined; readonly vectors?: readonly string[] };

/**
 * The data path: JSON text in and out, no number parsed that is only passed on, real cancellation.
 * Collection names may be aliases (a fence is one). Errors as in Collections; an aborted call throws the signal's reason.
 */
export type Points = {
  scroll(collection: string, request: ScrollRequest): Promise<Page>;
  /** Only the boundary: reads up to `limit` ids of matching points from `offset`, answers how many there were and the id after them. */
  scrollIds(
    collection: string,
    request: { offset: PointId | null; limit: number; filter?: Filter | undefined; signal?: AbortSignal | undefined },
  ): Promise<{ ids: readonly PointId[]; next: PointId | null }>;
  retrieve(
    collection: string,
    request: {
      ids: readonly PointId[];
      payload: boolean;
      vectors: readonly string[];
      /** Only points that match. */
      filter?: Filter | undefined;
      /** As in ScrollRequest. */
      majority?: boolean | undefined;
      signal?: AbortSignal | undefined;
    },
  ): Promise<readonly PointText[]>;
  /** A random sample of up to `limit` matching points with payload, and with the vectors named. */
  sample(collection: string, limit: number, options?: SampleOptions): Promise<readonly PointText[]>;
  /** `PUT points?wait=true` with `update_mode: insert_only`: existing points stay whole, the rest is inserted. */
  insertOnly(collection: string, points: readonly WrittenPoint[], signal?: AbortSignal): Promise<void>;
  /** The same with `update_mode: update_only`: existing points are replaced whole, payload and vectors together; absent ones stay absent. */
  updateOnly(collection: string, points: readonly WrittenPoint[], signal?: AbortSignal): Promise<void>;
  /** `PUT points?wait=true` with `update_filter`: existing points that match are replaced whole, others stay as they are; absent ones are inserted. */
  upsertWhere(collection: string, points: readonly WrittenPoint[], filter: Filter): Promise<void>;
  /**
   * `PUT points/vectors?wait=true`: sets these vectors of existing points and leaves their payload and other vectors alone. With
   * `onlyMissing` a point that has that vector already stays as it is. Throws `qdrant-not-found` where an id is absent: the server has then
   * carried out part of the request (seen on 1.19).
   */
  updateVectors(collection: string, points: readonly PointVectors[], options?: UpdateVectorsOptions): Promise<void>;
  /** Takes a vector away from points; those that have none, and absent ones, are no error. */
  removeVector(collection: string, ids: readonly PointId[], vector: string, signal?: AbortSignal): Promise<void>;
  /** Which of these points are there and lack the vector, in scroll order. At most 10,000 ids. */
  lacking(collection: string, request: { ids: readonly PointId[]; vector: string; signal?: AbortSignal | undefined }): Promise<PointId[]>;
  /** Deletes all points that match. */
  removeWhere(collection: string, filter: Filter): Promise<void>;
  /** Deletes points; absent ones are no error. */
  remove(collection: string, ids: readonly PointId[], signal?: AbortSignal): Promise<void>;
};

/** A page of whole points on its way from one collection into another, as the bytes that the store sent. */
export type CarriedPage = {
  readonly ids: readonly PointId[];
  /** As in Page. */
  readonly next: PointId | null;
  readonly bytes: Uint8Array;
};

export type CarryRequest = Pick<ScrollRequest, 'offset' | 'limit' | 'vectors' | 'signal'> & {
  /** Points from this one on are left out; null: none. */
  readonly end: PointId | null;
};

/** A point as the bytes that the store sent. */
export type RawPoint = { readonly id: PointId; readonly bytes: Uint8Array };

export type RawPage = { readonly points: readonly RawPoint[]; readonly next: PointId | null };

/** What a point of a target is like beside its payload, which is that of the source. Vectors by their names. */
export type Likeness = {
  /** Bit by bit those of the source, or on neither side. */
  readonly kept: readonly { readonly name: string; readonly from: string }[];
  /** There, every number finite and not all of them zero. */
  readonly made: readonly string[];
};

/**
 * Pages that are passed on and not looked into: ids, whole payloads and the vectors named arrive under the same names, only the order of a
 * payload's keys may be another. Errors as in Points.
 */
export type Carrier = {
  /** Null where the page holds what would arrive as something else: it has to be read as text. */
  read(collection: string, request: CarryRequest): Promise<CarriedPage | null>;
  /** As `Points.insertOnly`. A page is written once. */
  insertOnly(collection: string, page: CarriedPage): Promise<void>;
  /** The same page to be held against one of another collection. */
  look(collection: string, request: CarryRequest): Promise<RawPage>;
  /** True: the points are alike. False says nothing, they have to be read as text. */
  isAlike(source: RawPoint, target: RawPoint, likeness: Likeness): boolean;
};
