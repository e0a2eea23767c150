import type { PointId } from '@reembed/contracts';
import {
  type Clock,
  carryPoints,
  createEmbedding,
  createOwnBudget,
  isReembedError,
  type LearnedMaps,
  type ModelCatalogue,
  type Points,
  projectionsOf,
  type RateBudget,
  ReembedError,
  type SetAside,
  summarizeError,
  type TextSources,
  textOrigin,
} from '@reembed/core';
import { vectorToJson } from '@reembed/qdrant';
import type { Flight } from './places.ts';

export type CarrierOptions = {
  readonly points: Points;
  readonly setAside: SetAside;
  readonly catalogue: ModelCatalogue;
  readonly clock: Clock;
  /** Of the providers; default: this process asks them alone. */
  readonly budget?: RateBudget | undefined;
  readonly learnedMaps?: LearnedMaps | undefined;
  readonly textSources?: TextSources | undefined;
  /** How long points of one write may take, in ms. */
  readonly carryTimeoutMs: number;
};

export type Carrier = {
  /**
   * Brings points of the source to the target of a migration in flight, by its recipes. False where the target may not be written to now, or
   * what its recipes want is not here: sync brings them. Throws `half-written` where it should have come about and did not.
   */
  carry(flight: Flight, ids: readonly PointId[]): Promise<boolean>;
  close(): Promise<void>;
};

export function createCarrier(options: CarrierOptions): Carrier {
  const { points, setAside, catalogue, clock, budget = createOwnBudget(clock), learnedMaps, textSources, carryTimeoutMs } = options;
  const embedding = createEmbedding({ catalogue, budget, clock });

  async function recipesOf({ migration }: Flight, signal: AbortSignal) {
    const { spec, resolved } = migration;
    const embedded = embedding.contexts(migration, signal);
    const mapped = learnedMaps === undefined ? {} : projectionsOf(learnedMaps, migration);
    const [contexts, projections] = await Promise.all([embedded, mapped]);
    const origin = textOrigin(spec, resolved.textFile);
    const texts = origin === null || textSources === undefined ? undefined : { sources: textSources, origin, budget, clock, signal };
    return { spec, resolved, embedding: contexts, projections, bm25: catalogue.bm25, texts, encodeVector: vectorToJson };
  }

  const lacks = ({ migration: { spec } }: Flight) =>
    (learnedMaps === undefined && Object.values(spec.vectors).some(({ project }) => project !== undefined)) ||
    (textSources === undefined && (spec.source.textFrom.url !== null || spec.source.textFrom.file !== null));

  return {
    async carry(flight, ids) {
      if (flight.fence === null || ids.length === 0 || lacks(flight)) return false;
      const { id, spec, resolved } = flight.migration;
      const signal = AbortSignal.timeout(carryTimeoutMs);
      try {
        const recipes = await recipesOf(flight, signal);
        const migration = { id, epoch: flight.phase.epoch, spec, resolved };
        await carryPoints({ migration, points, setAside, recipes, signal }, ids);
        return true;
      } catch (error) {
        if (isReembedError(error, 'qdrant-not-found')) return false;
        throw halfWritten(flight, signal.aborted ? `it took longer than ${carryTimeoutMs} ms` : summarizeError(error).message, error);
      }
    },
    close: () => embedding.close(),
  };
}

function halfWritten({ migration }: Flight, why: string, cause: unknown): ReembedError {
  const { spec, resolved } = migration;
  return new ReembedError(
    'half-written',
    `"${resolved.source}" has the write, and "${spec.target.collection}", which migration ${migration.id} fills, has not: ${why}. Sync brings it there; to write it again does no harm`,
    { cause },
  );
}
