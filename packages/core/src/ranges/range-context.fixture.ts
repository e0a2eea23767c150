import { type PointId, type Range, type SpecInput, specSchema } from '@reembed/contracts';
import {
  buildMigration,
  createFakeBm25,
  createFakeClock,
  createFakeEmbedder,
  createFakeState,
  createFakeStores,
  createFakeTextSources,
  type FakeEmbedderOptions,
} from '@reembed/testkit';
import fc from 'fast-check';
import { fenceAlias, type Migration, type Pass } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import type { Division, RangeDelta, RangeRecord } from '../ports/state.ts';
import type { RangeContext } from './range-context.ts';

export const integer = (id: number | bigint): PointId => ({ kind: 'integer', id: String(id) });

export function point(
  id: PointId | number,
  body = `text ${typeof id === 'number' ? id : id.id}`,
  vectors: PointText['vectors'] = {},
): PointText {
  return { id: typeof id === 'number' ? integer(id) : id, payload: JSON.stringify({ body }), vectors };
}

/** Ids that lie close together, so that bounds, pages and points meet. */
export const anyId: fc.Arbitrary<PointId> = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map(integer),
  fc.constantFrom(2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n).map(integer),
  fc.integer({ min: 0, max: 9 }).map((n): PointId => ({ kind: 'uuid', id: `0000000${n}-0000-4000-8000-000000000000` })),
);

export type RangeFixtureOptions = {
  readonly source?: readonly PointText[];
  readonly range?: Partial<RangeRecord>;
  readonly pass?: Partial<Pass>;
  readonly pagePoints?: number;
  readonly rangePoints?: number;
  readonly vectors?: SpecInput['vectors'];
  readonly embedder?: FakeEmbedderOptions;
  /** `sync.hashField`. */
  readonly hashField?: string;
  /** What a service has besides the payloads, by id. */
  readonly texts?: Parameters<typeof createFakeTextSources>[0];
  /** The vectors are added to the source itself. */
  readonly inPlace?: boolean;
};

/** A migration of `source` to `target` with everything one range of it needs, in memory. Checkpoints are recorded. */
export async function rangeFixture(options: RangeFixtureOptions = {}) {
  const { pagePoints = 2, rangePoints, vectors = { '': { embed: { model: 'fake/4', text: '{{body}}' } } } } = options;
  const origin = { url: 'http://texts.example/by-id' };
  const spec = specSchema.parse({
    name: 'm',
    source: { collection: 'source', textFrom: options.texts === undefined ? {} : origin },
    sync: { hashField: options.hashField ?? null },
    target: options.inPlace ? { collection: 'source', inPlace: true } : { collection: 'target' },
    vectors,
    copy: { pagePoints, ...(rangePoints === undefined ? {} : { rangePoints }) },
  });
  const stores = createFakeStores();
  const sides = { vectors: { '': { size: 4, distance: 'Dot' }, named: { size: 2, distance: 'Dot' } } };
  for (const name of ['source', 'target']) await stores.collections.create(name, sides);
  stores.put('source', options.source ?? []);
  const pass: Pass = { number: 1, kind: 'copy', sourcePoints: 0, startedAt: '2026-01-01T00:00:00.000Z', ...options.pass };
  const resolved = { ...buildMigration().resolved, source: 'source' };
  const migration: Migration = buildMigration({ id: 'm', spec, resolved, phase: 'copying', phaseNumber: 2, epoch: 1, pass });
  await stores.collections.pointAlias(fenceAlias('m', 1), spec.target.collection);
  const clock = createFakeClock();
  const state = createFakeState({ clock });
  const embedder = createFakeEmbedder(options.embedder);
  const stop = new AbortController();
  const made = { embedder, dimensions: undefined, budget: state.rateBudget, clock, signal: stop.signal };
  const embedding = Object.fromEntries(Object.entries(spec.vectors).flatMap(([name, { embed }]) => (embed ? [[name, made]] : [])));
  const textSources = createFakeTextSources(options.texts);
  const asked = { sources: textSources, origin, budget: state.rateBudget, clock, signal: stop.signal };
  const texts = options.texts === undefined ? undefined : asked;
  const divisions: { division: Division; delta: RangeDelta }[] = [];
  const checkpoints: { next: PointId | null; delta: RangeDelta }[] = [];
  const range: Range = { seq: 0, start: options.range?.start ?? null, end: options.range?.end ?? null };
  const context: RangeContext = {
    migration,
    pass,
    record: { ...range, next: null, points: 0, attempts: 0, takenOver: false, ...options.range },
    points: stores.points,
    carrier: null,
    setAside: state.setAside,
    recipes: { spec, resolved, embedding, bm25: createFakeBm25(), texts, encodeVector: (vector) => JSON.stringify([...vector]) },
    clock,
    signal: stop.signal,
    pace: async () => undefined,
    hotIds: async () => [],
    lateIds: async () => [],
    hashBefore: async () => null,
    progress: async (next, delta) => void checkpoints.push({ next, delta }),
    divide: async (division, delta) => void divisions.push({ division, delta }),
  };
  return { context, stores, state, embedder, textSources, stop, checkpoints, divisions, clock, migration };
}

/** A call that waits until it is let go. */
export function gate() {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    open: () => opened.resolve(),
    fail: (error: unknown) => opened.reject(error),
    async pass() {
      reached.resolve();
      await opened.promise;
    },
  };
}
