import type { Clock, LearnedMaps, ModelCatalogue, RateBudget, TextSources } from '@reembed/core';
import {
  createForwarder,
  createQdrantCollections,
  createQdrantPoints,
  createQdrantSetAside,
  type Forwarder,
  type QdrantAddress,
} from '@reembed/qdrant';
import { type BothSidesOptions, createBothSides } from './both-sides.ts';
import { createCarrier } from './carrier.ts';
import { createLiveQdrant, type LiveQdrant } from './live-qdrant.ts';
import { createPlaces, type Places } from './places.ts';
import { createTextVectors, type TextVectors } from './text-vectors.ts';

export type ConnectOptions = QdrantAddress & {
  readonly catalogue: ModelCatalogue;
  readonly clock: Clock;
  /** Of the providers; default: this process asks them alone. */
  readonly budget?: RateBudget;
  /** Requests under way at once. */
  readonly connections: number;
  readonly learnedMaps?: LearnedMaps;
  readonly textSources?: TextSources;
  /** What Qdrant wants with documents that it embeds itself. */
  readonly inferenceHeaders?: Readonly<Record<string, string>>;
  readonly embedTimeoutMs: number;
  readonly keptQueries: number;
  readonly holdWritesMs: number;
  readonly bothSides?: Omit<BothSidesOptions, 'clock'>;
};

export type Connected = {
  readonly live: LiveQdrant;
  readonly forwarder: Forwarder;
  readonly places: Places;
  readonly texts: TextVectors;
  close(): Promise<void>;
};

/** Everything that follows a migration, over one Qdrant. */
export function connect(options: ConnectOptions): Connected {
  const { catalogue, clock, budget, learnedMaps, textSources, embedTimeoutMs, inferenceHeaders, holdWritesMs } = options;
  const bothSides = options.bothSides && createBothSides({ ...options.bothSides, clock });
  const forwarder = createForwarder(options);
  const collections = createQdrantCollections(options);
  const points = createQdrantPoints({ ...options, ...(inferenceHeaders && { inferenceHeaders }) });
  const places = createPlaces(collections, clock);
  const texts = createTextVectors(options);
  const setAside = createQdrantSetAside({ collections, points });
  const carrier = createCarrier({ points, setAside, catalogue, clock, budget, learnedMaps, textSources, carryTimeoutMs: embedTimeoutMs });
  return {
    live: createLiveQdrant({
      forwarder,
      places,
      texts,
      carrier,
      points,
      clock,
      holdWritesMs,
      writeTimeoutMs: options.requestTimeoutMs,
      bothSides,
    }),
    forwarder,
    places,
    texts,
    close: async () => void (await Promise.all([forwarder.close(), texts.close(), carrier.close()])),
  };
}
