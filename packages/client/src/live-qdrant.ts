import { isUtf8 } from 'node:buffer';
import { type Clock, type Points, ReembedError } from '@reembed/core';
import type { Forwarded, Forwarder } from '@reembed/qdrant';
import type { BothSides } from './both-sides.ts';
import type { Carrier } from './carrier.ts';
import { type FoundText, findTexts, mayHoldText, withVectors } from './find-texts.ts';
import { createHolds } from './holds.ts';
import { isChosen, newSideOf } from './new-side.ts';
import { isWrite, mayEditPayloads, mayHoldTexts, type Operation, operationOf, type Write } from './operations.ts';
import type { Place, Places } from './places.ts';
import { staleVectors } from './stale-vectors.ts';
import { anyModel, type TextVectors } from './text-vectors.ts';
import { pointsOf } from './written-points.ts';

/** A request for a collection, or for the alias of one. */
export type LiveRequest = {
  readonly method: string;
  readonly name: string;
  /** The path behind the name: `/points/query`. */
  readonly rest: string;
  /** With its question mark; empty where there is none. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** Ends a search; a write that was begun is finished. */
  readonly signal?: AbortSignal | undefined;
};

/** `collection`: the one that answered, by its own name; null: whatever the server took the name for. */
export type LiveAnswer = Forwarded & {
  readonly collection: string | null;
  /** Which side answered, while searches are split between the sides of a migration. */
  readonly side?: 'old' | 'new';
  /** Vectors that a write has left as they were although it edited what they were made from; absent: it edited no payload alone. */
  readonly stale?: readonly string[];
};

export type LiveQdrant = {
  /** Asks as the request says, with its texts embedded for the very collection that is asked. Throws ReembedError. */
  send(request: LiveRequest): Promise<LiveAnswer>;
};

export type LiveQdrantOptions = {
  readonly forwarder: Pick<Forwarder, 'send'>;
  readonly places: Places;
  readonly texts: TextVectors;
  readonly carrier: Carrier;
  readonly points: Pick<Points, 'scrollIds'>;
  readonly clock: Clock;
  /** How long a write waits while an alias is about to move, in ms. */
  readonly holdWritesMs: number;
  /** How long one write may be under way, in ms: nobody who asked for it ends it. */
  readonly writeTimeoutMs: number;
  /** Searches that the new side of a migration is asked too, or instead; absent: none. */
  readonly bothSides?: BothSides | undefined;
};

/** How long the new side may take for an answer that nobody waits for, in ms. */
const shadowTimeoutMs = 10_000;

/** How often a request is sent again because its collection has gone, or its alias has moved, under it. */
const mostTries = 20;

/**
 * | request                  | is sent to                                                                              |
 * |--------------------------|-----------------------------------------------------------------------------------------|
 * | a search without a text  | the name that it names, as it came                                                      |
 * | a search with a text     | the collection by its own name; again where that is gone and the alias has moved on     |
 * | a write without a text   | the name that it names; in flight the source, then its points are carried to the target |
 * | a write with a text      | the collection by its own name; again where the alias has moved before the answer       |
 */
export function createLiveQdrant({
  forwarder,
  places,
  texts: vectors,
  carrier,
  points,
  clock,
  holdWritesMs,
  writeTimeoutMs,
  bothSides,
}: LiveQdrantOptions): LiveQdrant {
  const holds = createHolds(clock, holdWritesMs);

  async function forward(request: LiveRequest, name: string, body: string | Buffer = request.body, query = request.query) {
    const { method, rest, headers, signal } = request;
    return forwarder.send({ method, path: `/collections/${encodeURIComponent(name)}${rest}${query}`, headers, body, signal });
  }

  /** A write goes on without whoever asked for it: half of one is worse than one that nobody waited for. It ends by its own limit alone. */
  async function forwardWrite(request: LiveRequest, name: string, body?: string | Buffer, query?: string) {
    const signal = AbortSignal.timeout(writeTimeoutMs);
    return forward({ ...request, signal }, name, body, query).catch((error: unknown) => {
      if (!signal.aborted) throw error;
      throw new ReembedError(
        'qdrant-unreachable',
        `Qdrant did not answer a write to "${request.name}" within ${writeTimeoutMs} ms: it may be there or not; write it again`,
        { cause: error },
      );
    });
  }

  async function passOn(request: LiveRequest): Promise<LiveAnswer> {
    return { ...(await forward(request, request.name)), collection: null };
  }

  /** The request's body for this very collection. */
  async function bodyFor(
    { origins }: Pick<Place, 'origins'>,
    { name, body }: LiveRequest,
    found: readonly FoundText[],
  ): Promise<string | Buffer> {
    // That it is not there is for the server to say, or for whoever looks again where the alias points.
    if (origins === null) return body;
    const ours = found.filter(({ vector, model }) => Object.hasOwn(origins, vector) || refuseUnknown(name, vector, model));
    if (ours.length === 0) return body;
    return withVectors(body.toString(), ours, await vectors.make(origins, ours));
  }

  /** As one side, where a migration is ready, or as both. The new side is asked by its own name, with its own vectors. */
  async function readSides(request: LiveRequest, operation: Operation, found: readonly FoundText[]): Promise<LiveAnswer> {
    const withHeaders = (headers: LiveRequest['headers'] = {}) => ({ ...request, headers: { ...request.headers, ...headers } });
    const askOld = (headers?: LiveRequest['headers']) => read(withHeaders(headers), found);
    if (bothSides === undefined || bothSides.isOff) return askOld();
    const side = newSideOf(await places.find(request.name), operation, request.body, found);
    if (side === null) return askOld();
    const { migration, collection } = side;
    const askNew = async (headers?: LiveRequest['headers'], signal = request.signal) => {
      const body = await bodyFor(side, request, found);
      return { ...(await forward({ ...withHeaders(headers), signal }, collection, body)), collection };
    };
    const { share, header } = bothSides.split;
    if (share === 0) return bothSides.shadowed(migration, askOld, (headers) => askNew(headers, AbortSignal.timeout(shadowTimeoutMs)));
    const key = request.headers[header];
    const isNew = typeof key === 'string' && isChosen(key, migration, share);
    const answer = await bothSides.ofSide(migration, isNew ? 'new' : 'old', isNew ? askNew : askOld);
    // A target that went in this moment answers nobody any more.
    return isNew && answer.status === 404 ? askOld() : answer;
  }

  async function read(request: LiveRequest, found: readonly FoundText[]): Promise<LiveAnswer> {
    for (let tries = 1; ; tries++) {
      const { collection, ...place } = await places.find(request.name);
      const answer = await forward(request, collection, await bodyFor(place, request, found));
      if (answer.status !== 404 || tries === mostTries) return { ...answer, collection };
      if ((await places.findNow(request.name)).collection === collection) return { ...answer, collection };
      letGo(answer);
    }
  }

  async function write(request: LiveRequest, operation: Write | 'batch', found: readonly FoundText[]): Promise<LiveAnswer> {
    const lately = await places.findLately(request.name);
    if (found.length === 0 && lately.flight === null && !lately.mayGoBack)
      return { ...(await forwardWrite(request, request.name)), collection: null };
    for (let tries = 0; tries < mostTries; tries++) {
      const place = await holds.settled(() => places.findNow(request.name));
      const written = await tryWrite(request, place, operation, found);
      if (written !== null) return written;
    }
    throw new ReembedError(
      'qdrant-unreachable',
      `"${request.name}" has moved ${mostTries} times under one write: it may be there or not; write it again`,
    );
  }

  /** Null where it has to be written again: the alias moved under it, or is about to. */
  async function tryWrite(
    request: LiveRequest,
    place: Place,
    operation: Write | 'batch',
    found: readonly FoundText[],
  ): Promise<LiveAnswer | null> {
    const { collection, flight } = place;
    const body = await bodyFor(place, request, found);
    const ids = flight?.fence ? await pointsOf(points, collection, operation, request.body.toString()) : null;
    // In flight what was written is read at once, so it has to be there.
    const query = flight === null ? request.query : waiting(request.query);
    const answer = await forwardWrite(request, found.length > 0 ? collection : request.name, body, query);
    const isDone = answer.status < 300;
    if (!isDone && answer.status !== 404) return { ...answer, collection };
    // What is in one collection alone has to be there before sides are compared, unless it was held for as long as it may be.
    const isSettled = !isDone || (flight?.fence && ids !== null ? await carrier.carry(flight, ids) : place.moving !== null);
    const now = await places.findNow(request.name);
    if (now.collection === collection && (isSettled || !holds.mayHold(now))) return { ...answer, collection };
    letGo(answer);
    return null;
  }

  /** What is asked of the server is done as it is asked, here too: an edit of a payload changes no vector. That is told, and not passed over in silence. */
  async function withStale(answer: LiveAnswer, { name, body }: LiveRequest, operation: Operation): Promise<LiveAnswer> {
    if (answer.status >= 300 || !mayEditPayloads(operation)) return answer;
    // What was written is not called failed because nobody can say any more what it left stale.
    const place = await places.findLately(name).catch(() => null);
    const stale = staleVectors(place?.origins ?? {}, operation, body.toString());
    return stale.length === 0 ? answer : { ...answer, stale };
  }

  return {
    async send(request) {
      const operation = operationOf(request.method, request.rest);
      if (operation === null) return passOn(request);
      const found = textsIn(operation, request.body);
      if (isWrite(operation)) return withStale(await write(request, operation, found), request, operation);
      if (found.length === 0) return passOn(request);
      for (const { text } of found) bothSides?.text(text);
      return readSides(request, operation, found);
    },
  };
}

/** Whether there is anything to do with a request before the server has it: a search without a text means the same to the server as it is. */
export function isFollowed(operation: Operation, body: Buffer): boolean {
  return isWrite(operation) || mayHoldText(body);
}

/** What cannot be read is for the server to refuse, in its own words. */
function textsIn(operation: Operation, body: Buffer): FoundText[] {
  // Letters that are none would be others once they have been read and written: the server refuses them.
  if (!mayHoldTexts(operation) || !mayHoldText(body) || !isUtf8(body)) return [];
  try {
    return findTexts(operation, body.toString());
  } catch (error) {
    // RangeError: nested deeper than this process, and far deeper than the server, can follow.
    if (error instanceof SyntaxError || error instanceof RangeError) return [];
    throw error;
  }
}

/** A text whose model is named may be one that the server embeds; false: it goes as it came. */
function refuseUnknown(name: string, vector: string, model: string): false {
  if (model.toLowerCase() !== anyModel) return false;
  throw new ReembedError(
    'invalid-request',
    `nothing says what made the vector "${vector}" of "${name}", so no text can be embedded for it: name a vector that has a model, or say so in the metadata of the collection (reembed.vectors)`,
  );
}

/** Reads what nobody wants, so that its connection is free again. */
function letGo({ body }: Forwarded): void {
  body.on('error', () => {}).resume();
}

function waiting(query: string): string {
  const parameters = new URLSearchParams(query);
  parameters.set('wait', 'true');
  return `?${parameters}`;
}
