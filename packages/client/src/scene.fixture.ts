import { json } from 'node:stream/consumers';
import { type MigrationMetadata, metadataKeys, type Phase, type PhaseMetadata } from '@reembed/contracts';
import { type Clock, createOwnBudget, fenceAlias, takeWitness } from '@reembed/core';
import { systemClock } from '@reembed/process';
import { createForwarder, createQdrantCollections, createQdrantPoints, createQdrantSetAside, type Forwarder } from '@reembed/qdrant';
import { buildMigration, createFakeCatalogue, createFakeEmbedder, type FakeEmbedder, fakeVector, startTestQdrant } from '@reembed/testkit';
import { type BothSidesOptions, createBothSides } from './both-sides.ts';
import { createCarrier } from './carrier.ts';
import { createLiveQdrant, type LiveQdrant } from './live-qdrant.ts';
import { createPlaces } from './places.ts';
import { createTextVectors } from './text-vectors.ts';

export const [old, new_] = ['fake/old', 'fake/new'];

/** What either model makes of a text: a query lies right on its document, and nowhere near what the other makes of it. */
export const vectorOf = {
  [old]: fakeVector,
  [new_]: (text: string) => fakeVector(text).map((value, at) => (at % 2 === 0 ? -value : value)),
};

/** A collection `docs_v1` made by the old model behind the alias `docs`, and what follows it. Names are of this scene alone. */
export async function startScene({
  clock = systemClock,
  writeTimeoutMs = 10_000,
  bothSides,
}: {
  readonly clock?: Clock;
  readonly writeTimeoutMs?: number;
  readonly bothSides?: Omit<BothSidesOptions, 'clock'>;
} = {}) {
  const qdrant = await startTestQdrant();
  const name = qdrant.collectionName('docs');
  const [v1, v2, alias] = [`${name}_v1`, `${name}_v2`, name];
  const address = { url: qdrant.url, requestTimeoutMs: 10_000, connections: 8 };
  const collections = createQdrantCollections(address);
  const points = createQdrantPoints(address);
  const embedders = {
    [old]: createFakeEmbedder({ model: old, vectorOf: vectorOf[old] ?? fakeVector }),
    [new_]: createFakeEmbedder({ model: new_, vectorOf: vectorOf[new_] ?? fakeVector }),
  };
  const catalogue = createFakeCatalogue(Object.values(embedders));
  const interference: { before?: ((path: string) => Promise<void>) | undefined; after?: ((path: string) => Promise<void>) | undefined } =
    {};
  const forwarder = interfered(createForwarder(address), interference);
  const places = createPlaces(collections, clock);
  const texts = createTextVectors({ catalogue, clock, embedTimeoutMs: 5_000, keptQueries: 100 });
  const carrier = createCarrier({
    points,
    setAside: createQdrantSetAside({ collections, points }),
    catalogue,
    clock,
    carryTimeoutMs: 5_000,
  });
  const live = createLiveQdrant({
    forwarder,
    places,
    texts,
    carrier,
    points,
    clock,
    holdWritesMs: 3_000,
    writeTimeoutMs,
    bothSides: bothSides && createBothSides({ ...bothSides, clock }),
  });

  await makeCollection(v1, { reembed: { vectors: { '': originOf(old) } } });
  await collections.pointAlias(alias, v1);

  async function makeCollection(collection: string, metadata: Record<string, unknown>) {
    await collections.create(collection, { vectors: { size: 4, distance: 'Dot' }, metadata });
  }

  /** A migration into `docs_v2` that is in this phase, with its fence open where it may write. */
  async function fly(phase: Phase, change: object = {}): Promise<MigrationMetadata> {
    const made = buildMigration({ target: v2, alias });
    const spec = { ...made.spec, source: { ...made.spec.source, collection: v1 }, vectors: { '': { embed: recipe } }, ...change };
    const embedder = embedders[new_] as FakeEmbedder;
    const witness = await takeWitness({
      embedder,
      dimensions: undefined,
      budget: createOwnBudget(clock),
      clock,
      signal: AbortSignal.timeout(5_000),
    });
    embedder.requests.length = 0;
    const metadata = {
      ...{ format: 1, id: made.id, owner: 'fleet', createdAt: made.createdAt, labels: null, textRules: 2 },
      ...{ spec, resolved: { ...made.resolved, source: v1 }, witness: { '': witness }, vectors: { '': originOf(new_) } },
    } as unknown as MigrationMetadata;
    await makeCollection(v2, { [metadataKeys.migration]: metadata });
    await setPhase(phase);
    await collections.pointAlias(`${alias}.next`, v2);
    if (['copying', 'syncing', 'ready'].includes(phase)) await collections.pointAlias(fenceAlias(made.id, 1), v2);
    return metadata;
  }

  async function setPhase(phase: Phase, number = 2): Promise<void> {
    const at = '2026-01-01T00:00:00.000Z';
    const said: PhaseMetadata = { phase, number, epoch: 1, resumeTo: null, owner: 'fleet', at, lateWrites: [] };
    await collections.patch(v2, { metadata: { [metadataKeys.phase]: said } });
  }

  function send(method: string, rest: string, body: object, to = alias, more: Readonly<Record<string, string>> = {}) {
    const query = method === 'PUT' || rest !== '/points/query' ? '?wait=true' : '';
    return live.send({ method, name: to, rest, query, headers: { ...headers, ...more }, body: Buffer.from(JSON.stringify(body)) });
  }

  return {
    ...{ qdrant, collections, points, live, send, places, texts, embedders, interference, catalogue, alias, v1, v2, fly, setPhase },
    /** What the live Qdrant answers. */
    async ask(method: string, rest: string, body: object, to = alias, more: Readonly<Record<string, string>> = {}) {
      const { status, collection, side, body: said } = await send(method, rest, body, to, more);
      return {
        status,
        collection,
        side,
        said: (await json(said)) as { result: { points: { id: number; score: number }[] }; status: unknown },
      };
    },
    /** Points of a collection as they are stored: id, vector and payload. */
    async stored(collection: string) {
      const { points: found } = await points.scroll(collection, { offset: null, limit: 100, payload: true, vectors: [''] });
      return Object.fromEntries(
        found.map(({ id, payload, vectors }) => [
          id.id,
          { payload: JSON.parse(payload), vector: roundly(JSON.parse(vectors[''] ?? 'null')) },
        ]),
      );
    },
    [Symbol.asyncDispose]: async () => {
      await forwarder.close();
      await qdrant[Symbol.asyncDispose]();
    },
  };
}

const headers = { 'content-type': 'application/json' };
const recipe = {
  model: new_,
  via: 'worker',
  text: '{{body}}',
  onMissingText: 'quarantine',
  onLongText: 'quarantine',
  options: {},
} as const;

function originOf(model: string) {
  return { model, dimensions: 4, text: '{{body}}' };
}

export function roundly(vector: readonly number[] | null): number[] | null {
  return vector?.map((value) => Math.round(value * 1e4) / 1e4) ?? null;
}

type Interference = { before?: ((path: string) => Promise<void>) | undefined; after?: ((path: string) => Promise<void>) | undefined };

/** Lets a test act right before a request goes out, or after it has been answered. */
function interfered(forwarder: Forwarder, interference: Interference): Pick<Forwarder, 'send' | 'close'> {
  return {
    async send(request) {
      await interference.before?.(request.path);
      const answer = await forwarder.send(request);
      await interference.after?.(request.path);
      return answer;
    },
    close: forwarder.close,
  };
}

export type Scene = Awaited<ReturnType<typeof startScene>>;
export type { LiveQdrant };
