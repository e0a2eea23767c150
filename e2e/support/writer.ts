import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './eventually.ts';
import type { QdrantHttp } from './qdrant-http.ts';
import { seededRandom } from './seeded-random.ts';
import { documentOf, type SourcePoint } from './source-collection.ts';

/** What an application does to its points. `text` replaces a point by one with another text, `payload` changes a field no text is made of. */
export const writeKinds = ['insert', 'text', 'payload', 'delete'] as const;
export type WriteKind = (typeof writeKinds)[number];

/** A write the server said yes to. `id` is JSON. */
export type Acknowledged = { readonly kind: WriteKind; readonly id: string };

/** A point as the application means it to be. */
export type Document = { readonly payload: Record<string, unknown>; readonly oldVector: readonly number[] };

/** An application that writes steadily through an alias. What it was not told to have worked it does again, until it has. */
export type Writer = AsyncDisposable & {
  /** Its own log, oldest first. */
  readonly log: readonly Acknowledged[];
  /** What it believes to be stored, by the JSON of ids. */
  readonly documents: ReadonlyMap<string, Document>;
  /** Every id that was ever a point. */
  readonly everKnown: ReadonlySet<string>;
  /** Whether it writes for the new model: from the first write that the collection behind the alias refused because of its vectors. */
  readonly moved: boolean;
  /** Resolves once no write is in flight; none begins before `release`. */
  hold(): Promise<void>;
  release(): void;
  /** Resolves once it has been told of that many more writes of every kind. */
  wrote(eachKind: number): Promise<void>;
  /** Ends it. Throws what went wrong. */
  stop(): Promise<void>;
};

export type WriterOptions = {
  readonly http: QdrantHttp;
  readonly url: string;
  readonly alias: string;
  /** What is there when it begins. */
  readonly points: readonly SourcePoint[];
  readonly seed: number;
  /** The vectors of a point as JSON for the collection that the alias points at after the switch. */
  readonly newVectors: (document: Document) => string;
  /** Default 30. */
  readonly writesPerSecond?: number;
};

type Write = Acknowledged & { readonly document: Document | null };

const requestLimitMs = 2_000;

export function startWriter(options: WriterOptions): Writer {
  const { http, url, alias, points, seed, writesPerSecond = 30 } = options;
  const random = seededRandom(seed);
  const documents = new Map(points.map((point) => [point.id, asDocument(point)]));
  const everKnown = new Set(documents.keys());
  const log: Acknowledged[] = [];
  const behind = http.aliases().then((aliases) => aliases[alias]);
  let born = points.length;
  let version = 0;
  let moved = false;
  let stopped = false;
  let gate: PromiseWithResolvers<void> | null = null;
  let inFlight: Promise<unknown> = Promise.resolve();

  function decide(): Write {
    const kind = random.pick(['insert', 'insert', 'text', 'text', 'payload', 'payload', 'payload', 'delete'] as const);
    const [id, found] = random.pick([...documents]);
    version++;
    if (kind === 'delete') return { kind, id, document: null };
    if (kind === 'payload') return { kind, id, document: { ...found, payload: { ...found.payload, seen: version } } };
    const n = kind === 'insert' ? ++born : Number(found.payload.n);
    const { title, body } = documentOf(n);
    const document = { payload: { n, title, body: `${body} edition${version}`, seen: 0 }, oldVector: [version % 7, 1, n % 3, 0.5] };
    return { kind, id: kind === 'insert' ? newId(n) : id, document };
  }

  /** One try; the status, or null where no answer came. */
  async function send({ kind, id, document }: Write): Promise<number | null> {
    const [method, path, body] = requestOf(kind, id, document, document === null ? '' : vectorsOf(document));
    try {
      const answer = await fetch(`${url}/collections/${alias}${path}?wait=true`, {
        method,
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(requestLimitMs),
      });
      await answer.arrayBuffer();
      return answer.status;
    } catch {
      return null;
    }
  }

  const vectorsOf = (document: Document) => (moved ? options.newVectors(document) : JSON.stringify(document.oldVector));

  async function write(wanted: Write): Promise<void> {
    while (!stopped) {
      await gate?.promise;
      const sent = send(wanted);
      inFlight = sent;
      const status = await sent;
      if (status !== null && status < 300) return acknowledge(wanted);
      if (status !== null && status < 500 && status !== 429) {
        if ((await http.aliases().catch(() => null))?.[alias] === (await behind))
          throw new Error(`${JSON.stringify(wanted)} was refused with ${status}`);
        // The collection is another one: it may lack the point, as a write that came late, and it wants other vectors.
        if (wanted.kind === 'payload') return;
        moved = true;
      }
      await sleep(100);
    }
  }

  function acknowledge({ kind, id, document }: Write): void {
    log.push({ kind, id });
    everKnown.add(id);
    if (document === null) documents.delete(id);
    else documents.set(id, document);
  }

  const running = (async () => {
    while (!stopped) {
      await write(decide());
      await sleep(1_000 / writesPerSecond);
    }
  })();
  let failure: unknown = null;
  running.catch((error: unknown) => {
    failure = error;
  });

  const release = () => {
    gate?.resolve();
    gate = null;
  };
  const stop = async () => {
    stopped = true;
    release();
    await running;
  };
  return {
    log,
    documents,
    everKnown,
    get moved() {
      return moved;
    },
    async hold() {
      gate ??= Promise.withResolvers<void>();
      await inFlight;
    },
    release,
    async wrote(eachKind) {
      const from = log.length;
      await eventually(`the application has made ${eachKind} writes of every kind`, () => {
        if (failure !== null) throw failure;
        const later = log.slice(from);
        return writeKinds.every((kind) => later.filter((one) => one.kind === kind).length >= eachKind) ? true : null;
      });
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop().catch(() => undefined);
    },
  };
}

function asDocument({ payload, vector }: SourcePoint): Document {
  return { payload: JSON.parse(payload), oldVector: JSON.parse(vector) };
}

/** New points are born all over the id space. */
function newId(n: number): string {
  if (n % 3 === 0) return String(n);
  const hex = createHash('md5').update(`born ${n}`).digest('hex');
  if (n % 3 === 1) return JSON.stringify(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
  return String(BigInt(`0x${hex.slice(0, 12)}`));
}

function requestOf(kind: WriteKind, id: string, document: Document | null, vectors: string): [method: string, path: string, body: string] {
  if (document === null) return ['POST', '/points/delete', `{"points":[${id}]}`];
  if (kind === 'payload') return ['POST', '/points/payload', `{"points":[${id}],"payload":{"seen":${document.payload.seen}}}`];
  return ['PUT', '/points', `{"points":[{"id":${id},"payload":${JSON.stringify(document.payload)},"vector":${vectors}}]}`];
}
