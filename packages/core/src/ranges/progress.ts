import type { Progress, Report } from '@reembed/contracts';
import { isReembedError } from '../domain/error.ts';
import type { Migration, ProgressSample, Spent } from '../domain/migration.ts';
import { embedVectors, isMadeByQdrant, modelVectors } from '../domain/recipes-of.ts';
import type { ModelCatalogue } from '../ports/embedder.ts';
import type { PassSummary, Ranges, SetAside } from '../ports/state.ts';

export type ProgressDeps = {
  readonly ranges: Pick<Ranges, 'summary' | 'spent'>;
  readonly setAside: Pick<SetAside, 'count'>;
  readonly catalogue: ModelCatalogue;
};

/** How far the pass under way is, or the last one was. */
export async function progressOf(deps: ProgressDeps, migration: Migration): Promise<Progress> {
  const number = migration.pass?.number ?? migration.lastPassNumber;
  const [summary, here, setAside] = await Promise.all([
    deps.ranges.summary(migration.id, number),
    deps.ranges.spent(migration.id),
    setAsideCount(deps, migration.id),
  ]);
  const { pass, spentBefore: before } = migration;
  const spent = sumOf(here, before);
  const pointsPerSecond = paceOf(migration, summary);
  // The count is of when the pass began: points that are born later are covered, too.
  const sourcePoints = Math.max(pass?.sourcePoints ?? migration.verification?.sourcePoints ?? 0, summary.points);
  return {
    pass: pass === null ? null : { number: pass.number, kind: pass.kind },
    sourcePoints,
    points: summary.points,
    ranges: { total: summary.total, done: summary.done, failed: summary.failed, splitDone: summary.splitDone },
    setAside: setAside.open,
    accepted: setAside.accepted,
    ...spent,
    costUsd: costUsd(deps.catalogue, migration, spent),
    pointsPerSecond,
    // Nobody knows how long what it waits for takes, nor how many points are still to be filled first.
    etaSeconds:
      pointsPerSecond === null || migration.waiting !== null || pass?.kind === 'hot'
        ? null
        : (sourcePoints - summary.points) / pointsPerSecond,
  };
}

/** A document of an older version counts nothing as kept, nor by batch. */
export function sumOf(a: Spent, b: Pick<Spent, 'texts' | 'tokens'> & Partial<Spent>): Spent {
  return {
    texts: a.texts + b.texts,
    tokens: a.tokens + b.tokens,
    batchTokens: a.batchTokens + (b.batchTokens ?? 0),
    kept: a.kept + (b.kept ?? 0),
  };
}

/** What a pace goes by, in ms of work: at least the one, and where there is as much the other. */
const pacedOver = { leastMs: 5_000, usuallyMs: 30_000 };

/**
 * Points a second between a sample and now, in time that was worked; null where there is none to go by. Not since the beginning of the pass:
 * models are loaded then, and what is under way but not checkpointed yet would count as slowness; between two moments it is the same.
 */
function paceOf({ pass, samples }: Migration, { points, workedMs }: PassSummary): number | null {
  const begun = samples.filter((sample) => sample.pass === pass?.number && sample.points > 0);
  const since = begun.findLast((sample) => workedMs - sample.workedMs >= pacedOver.usuallyMs) ?? begun[0];
  if (since === undefined || points <= since.points || workedMs - since.workedMs < pacedOver.leastMs) return null;
  return ((points - since.points) / (workedMs - since.workedMs)) * 1_000;
}

/** Nulls where Qdrant does not say: how a migration stands has to be seen above all while something is away. */
async function setAsideCount({ setAside }: ProgressDeps, id: string): Promise<{ open: number | null; accepted: number | null }> {
  try {
    return await setAside.count(id);
  } catch (error) {
    if (!isReembedError(error)) throw error;
    return { open: null, accepted: null };
  }
}

type Prices = Pick<ModelCatalogue, 'facts' | 'record'>;
type Tokens = Pick<Spent, 'tokens' | 'batchTokens'>;

/** The list price of so many tokens. Null where it is not known, or where several models with different prices share them. */
export function costUsd(catalogue: Prices, migration: Pick<Migration, 'spec'>, spent: Tokens): number | null {
  const { requests, batches } = costsUsd(catalogue, migration, spent);
  return requests === null || batches === null ? null : requests + batches;
}

/** The same of requests and of batches, which have prices of their own. */
export function costsUsd(
  catalogue: Prices,
  { spec }: Pick<Migration, 'spec'>,
  { tokens, batchTokens }: Tokens,
): { readonly requests: number | null; readonly batches: number | null } {
  // What Qdrant embeds is billed elsewhere.
  if (Object.values(spec.vectors).some(isMadeByQdrant)) return { requests: null, batches: null };
  const models = modelVectors(spec).map(({ recipe }) => recipe.model);
  const batched = embedVectors(spec).flatMap(({ recipe }) => (recipe.batch ? [recipe.model] : []));
  return {
    requests: costOf(
      tokens - batchTokens,
      models.map((model) => catalogue.facts(model)?.pricePerMillionTokensUsd ?? null),
    ),
    batches: costOf(
      batchTokens,
      batched.map((model) => catalogue.record(model)?.batchPricePerMillionTokensUsd ?? null),
    ),
  };
}

/** `prices`: of a million, of all models that share the tokens. */
function costOf(tokens: number, prices: readonly (number | null)[]): number | null {
  const [price = 0, ...others] = new Set(prices);
  return others.length > 0 || price === null ? null : (tokens / 1e6) * price;
}

/** At least so long between two samples, in ms: each is a write of the document. */
const sampleEveryMs = 5_000;
/** Past so many every second one is dropped: a migration of days keeps as many as one of minutes. */
const maxSamples = 240;

/** Whether it is time for another sample. `now` in ms since 1970; a clock that was set back does not stop them. */
export function isSampleDue(samples: readonly ProgressSample[], now: number): boolean {
  const last = samples.at(-1);
  return last === undefined || Math.abs(now - Date.parse(last.at)) >= sampleEveryMs;
}

export function withSample(samples: readonly ProgressSample[], sample: ProgressSample): ProgressSample[] {
  const all = [...samples, sample];
  return all.length <= maxSamples ? all : all.filter((_, at) => at % 2 === 0 || at === all.length - 1);
}

/** Points a second between every two samples of one pass, by the time somebody worked on it. */
export function throughputOf(samples: readonly ProgressSample[]): Report['throughput'] {
  return samples.flatMap(({ at, pass, points, workedMs }, index) => {
    const before = samples[index - 1];
    const from = before?.pass === pass ? before : { points: 0, workedMs: 0 };
    const tookMs = workedMs - from.workedMs;
    return tookMs <= 0 || points < from.points ? [] : [{ at, pointsPerSecond: ((points - from.points) / tookMs) * 1_000 }];
  });
}
