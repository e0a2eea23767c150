import type { ModelCallJob, Witness } from '@reembed/contracts';
import { isReembedError, ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { modelVectors } from '../domain/recipes-of.ts';
import type { Batches } from '../ports/batches.ts';
import type { Embedder, ModelCatalogue } from '../ports/embedder.ts';
import type { Clock, ModelCallAnswer, RateBudget } from '../ports/fleet.ts';
import type { VectorCache } from '../ports/vector-cache.ts';
import type { Counted, EmbedContext } from '../recipes/embed-texts.ts';
import { createKnownVectors } from '../recipes/known-vectors.ts';
import { serveModelCall } from '../recipes/model-calls.ts';
import { createSharedRequests, type SharedRequests } from '../recipes/shared-requests.ts';
import type { MigrationBudget } from '../recipes/throttled-budget.ts';
import { compareWitness, countedOf, takeWitness } from '../recipes/witness.ts';

type Embedded = Pick<Migration, 'id' | 'spec' | 'resolved' | 'witness' | 'isReversed'>;

export type Embedding = {
  /** Embed contexts by target vector name, `within` the budget of the migration (default: of the process), after the model has shown that it still is the one the migration began with. */
  contexts(migration: Embedded, signal: AbortSignal, within?: Within): Promise<Record<string, EmbedContext>>;
  /** Serves a model call of a stage, `within` such a budget. */
  serve(job: ModelCallJob, signal: AbortSignal, within?: RateBudget): Promise<ModelCallAnswer>;
  close(): Promise<void>;
};

/** Batches are counted where it is the budget of a migration. */
type Within = RateBudget & Partial<Pick<MigrationBudget, 'batches'>>;

export type EmbeddingOptions = {
  readonly catalogue: ModelCatalogue;
  readonly budget: RateBudget;
  readonly clock: Clock;
  /** Of texts that are copied; absent: each text is sent. What gates embed again is never looked up: it has to be made again. */
  readonly cache?: VectorCache | undefined;
  /** Whether pages of a migration fill requests together: for whoever works on several at once, and for nobody who waits. Default: no. */
  readonly sharesRequests?: boolean;
};

type Asked = Pick<ModelCallJob, 'model' | 'said'> & { readonly dimensions?: number | null | undefined };

type Expected = { readonly expected: Witness; readonly counted: Counted };

/** The embedders of this process, made when first needed. */
export function createEmbedding({ catalogue, budget, clock, cache, sharesRequests = false }: EmbeddingOptions): Embedding {
  const embedders = new Map<string, Embedder>();
  const checked = new Map<string, Promise<void>>();
  const shared = new Map<string, SharedRequests>();
  const sharedBy = (key: string) => {
    const requests = shared.get(key) ?? createSharedRequests();
    shared.set(key, requests);
    return requests;
  };
  const embedder = ({ model, said }: Asked) => {
    const key = JSON.stringify([model, said]);
    const made = embedders.get(key) ?? catalogue.saying({ [model]: said }).embedder(model);
    embedders.set(key, made);
    return made;
  };
  const context = (asked: Asked, signal: AbortSignal, within: RateBudget): EmbedContext => ({
    embedder: embedder(asked),
    dimensions: asked.dimensions ?? undefined,
    budget: within,
    clock,
    signal,
  });

  function begin(key: string, made: EmbedContext, { expected, counted }: Expected): Promise<void> {
    const begun = takeWitness(made).then((found) => compareWitness(expected, found, counted));
    checked.set(key, begun);
    begun.catch(() => checked.delete(key));
    return begun;
  }

  /** Once per migration in this process; a check that failed is made again by the next range. */
  async function check(migration: Embedded, vector: string, made: EmbedContext, expected: Expected): Promise<void> {
    // The way back has vectors by the same names, of other models.
    const key = JSON.stringify([migration.id, vector, migration.isReversed]);
    const others = checked.get(key);
    if (others === undefined) return begin(key, made, expected);
    try {
      await others;
    } catch (error) {
      made.signal.throwIfAborted();
      if (isReembedError(error)) throw error;
      // The range that began it was stopped, which is no answer for this one.
      await check(migration, vector, made, expected);
    }
  }

  return {
    async contexts(migration, signal, within: Within = budget) {
      const contexts: Record<string, EmbedContext> = {};
      for (const { name, kind, recipe } of modelVectors(migration.spec)) {
        const expected = migration.witness[name];
        const asked = { ...recipe, said: migration.spec.models[recipe.model] };
        const made = context(asked, signal, within);
        // The way back has vectors by the same names, of other models.
        const alike = JSON.stringify([migration.id, name, migration.isReversed, asked.model, asked.said, made.dimensions]);
        const sharing = sharesRequests ? { ...made, shared: sharedBy(alike) } : made;
        contexts[name] = sharing;
        // Of words and rows an earlier version wrote none down.
        if (expected === undefined && kind !== 'embed') continue;
        if (expected === undefined) throw new Error(`migration ${migration.id} has no witness for vector "${name}"`);
        const counted = countedOf(migration, name);
        await check(migration, name, made, { expected, counted });
        if (kind !== 'embed') continue;
        const goesByBatch = migration.spec.vectors[name]?.embed?.batch === true;
        const batched = goesByBatch ? { batches: batchesOf(made), budget: within.batches?.(recipe.model), expected, counted } : undefined;
        contexts[name] = { ...sharing, known: cache && createKnownVectors(cache, expected), batched };
      }
      return contexts;
    },
    serve: async (job, signal, within = budget) => serveModelCall({ ...context(job, signal, within), maxTries: 3 }, job),
    async close() {
      await Promise.all([...embedders.values()].map((made) => made.close()));
    },
  };
}

/** Throws `invalid-config` where there is none: requests at the full price are not what the plan said. */
function batchesOf({ embedder: { model, batches } }: EmbedContext): Batches {
  if (batches !== undefined) return batches;
  throw new ReembedError(
    'invalid-config',
    `${model} has no batch road as this worker is configured: its entry is another one than the plan saw`,
  );
}
