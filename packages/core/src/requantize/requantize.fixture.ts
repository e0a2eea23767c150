import type { Requantization, RequantizeInput } from '@reembed/contracts';
import { createFakeClock, createFakeStores, type FakeClock, type FakeStores } from '@reembed/testkit';
import type { PointText } from '../domain/point.ts';
import type { Collections } from '../ports/collections.ts';
import type { Searches } from '../ports/searches.ts';
import { parseRequantize, requantize } from './requantize.ts';
import { storageOf } from './requantize-patch.ts';

export const int8 = { scalar: { type: 'int8' as const } };
export const collection = 'docs';

export type RequantizeScenery = {
  readonly stores: FakeStores;
  /** Of the collection `docs`; unless the input says otherwise, to int8 with the word given. */
  ask(input?: Partial<RequantizeInput>): Promise<Requantization>;
};

type Setup = {
  readonly version?: string;
  readonly body?: object;
  /** How many of the ten nearest a search finds that does not rescore what is quantized. */
  readonly quantizedFinds?: number;
  readonly over?: (collections: Collections, stores: FakeStores, clock: FakeClock) => Partial<Collections>;
};

/** Thirty points on a circle, in a collection whose quantized searches find as many as is said. */
export async function setRequantize(setup: Setup = {}): Promise<RequantizeScenery> {
  const { version, body = { vectors: { size: 2, distance: 'Cosine' } }, quantizedFinds = 9, over = () => ({}) } = setup;
  const stores = createFakeStores(version === undefined ? {} : { version });
  await stores.collections.create(collection, { ...body });
  const info = await stores.collections.describe(collection);
  stores.put(collection, circle(Object.keys(info?.vectors ?? {})));
  const clock = createFakeClock();
  const collections = { ...stores.collections, ...over(stores.collections, stores, clock) };
  const deps = { collections, points: stores.points, searches: blunted(stores, quantizedFinds), clock, requestTimeoutMs: 1_000 };
  const ask = (input: Partial<RequantizeInput> = {}) =>
    requantize(deps, parseRequantize({ collection, quantization: int8, apply: true, queries: 20, ...input }));
  return { stores, ask };
}

function circle(names: readonly string[]): PointText[] {
  return Array.from({ length: 30 }, (_, n) => {
    const vector = JSON.stringify([Math.cos(n / 5), Math.sin(n / 5)]);
    return { id: { kind: 'integer', id: String(n + 1) }, payload: '{}', vectors: Object.fromEntries(names.map((name) => [name, vector])) };
  });
}

function blunted({ collections, searches }: FakeStores, finds: number): Searches {
  return {
    async search(name, request) {
      const info = await collections.describe(name);
      const answer = await searches.search(name, request);
      const quantized = info !== null && storageOf(info, request.profile.using).quantization !== null;
      if (!quantized || request.exact || request.quantization?.rescore === true) return answer;
      return { ...answer, hits: answer.hits.slice(0, finds + 1) };
    },
  };
}
