import type { Progress } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import { isThrottled, isTold } from '../domain/pacing.ts';
import { embedVectors } from '../domain/recipes-of.ts';
import type { WorkTimes } from '../domain/work-times.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { RateLimits } from '../ports/embedder.ts';
import type { Fits } from '../ports/fleet.ts';
import { type ProgressDeps, progressOf } from '../ranges/progress.ts';
import { askedOf } from '../recipes/held-providers.ts';

/** A limit on how many points a second a migration may cover, and in words whose it is. */
export type Ceiling = { readonly by: 'throttle' | 'provider'; readonly pointsPerSecond: number; readonly reason: string };

/** What there is to do of a migration, and what it may take. */
export type Load = {
  readonly migration: Migration;
  readonly progress: Progress;
  /** Range jobs: those that a worker holds, and those that one may take now. */
  readonly active: number;
  readonly queued: number;
  /** Ranges that the pass has yet to finish, as far as they are split; what is not split yet counts by its size. */
  readonly openRanges: number;
  /** The lowest; null: none is known. */
  readonly ceiling: Ceiling | null;
  /** For how many ms its providers want to be left alone yet; null: they do not. */
  readonly heldMs: number | null;
  /** Requests at once that its providers take, as was found out; null: nothing was refused. */
  readonly requestsAtOnce: number | null;
  /** What its ranges spend their time on; null: nobody works on it. */
  readonly times: WorkTimes | null;
};

export type LoadDeps = ProgressDeps & Pick<CoordinatorDeps, 'rangeQueue' | 'pace' | 'providers'>;

/** Looks at the queue, the pace and the providers of one migration. */
export async function loadOf(deps: LoadDeps, migration: Migration): Promise<Load> {
  const { id } = migration;
  const [progress, active, queued, told, times, fits, held] = await Promise.all([
    progressOf(deps, migration),
    deps.rangeQueue.active(id),
    deps.rangeQueue.waiting(id),
    isTold(migration) ? deps.pace.standing(id) : null,
    deps.pace.times(id),
    Promise.all(modelsOf(migration).map(async (model) => [model, await deps.providers.fits(model)] as const)),
    Promise.all(askedOf(migration).map((name) => deps.providers.held(name))),
  ]);
  const ceilings = [...throttles(migration, told), ...budgets(deps, migration, progress, new Map(fits))];
  const atOnce = fits.flatMap(([, { requests }]) => requests ?? []);
  return {
    migration,
    progress,
    active,
    queued,
    openRanges: openRangesOf(migration, progress),
    ceiling: ceilings.toSorted((a, b) => a.pointsPerSecond - b.pointsPerSecond)[0] ?? null,
    heldMs: held.reduce<number | null>((most, one) => (one === null ? most : Math.max(most ?? 0, one.leftMs)), null),
    requestsAtOnce: atOnce.length === 0 ? null : Math.min(...atOnce),
    times,
  };
}

function modelsOf({ spec }: Pick<Migration, 'spec'>): string[] {
  return [...new Set(embedVectors(spec).map(({ recipe }) => recipe.model))];
}

function openRangesOf({ spec, pass }: Migration, { ranges, sourcePoints, points }: Progress): number {
  if (pass === null) return 0;
  const split = Math.max(0, ranges.total - ranges.done - ranges.failed);
  return ranges.splitDone ? split : Math.max(split, Math.ceil((sourcePoints - points) / spec.copy.rangePoints));
}

function throttles(migration: Migration, told: Awaited<ReturnType<LoadDeps['pace']['standing']>>): Ceiling[] {
  if (!isThrottled(migration)) return [];
  const { pointsPerSecond } = migration.spec.throttle;
  const found: Ceiling[] = [];
  if (pointsPerSecond !== null) found.push({ by: 'throttle', pointsPerSecond, reason: 'throttle.pointsPerSecond of the spec' });
  if (told !== null && told.pointsPerSecond !== null)
    found.push({ by: 'throttle', pointsPerSecond: told.pointsPerSecond, reason: told.why });
  return found;
}

/** Passes in which every point costs texts; others embed what has changed, which no limit of a model foretells. */
const embedding = ['copy', 'backfill', 'hot'];

/** What the limits of each model come to in points, by the tokens of the texts so far. */
function budgets(
  { catalogue }: Pick<LoadDeps, 'catalogue'>,
  { spec, pass }: Migration,
  { texts, tokens, points }: Progress,
  fits: ReadonlyMap<string, Fits>,
): Ceiling[] {
  if (pass === null || !embedding.includes(pass.kind) || texts === 0 || points === 0) return [];
  const models = embedVectors(spec).map(({ recipe }) => recipe.model);
  return [...new Set(models)].flatMap((model) => {
    const limits = catalogue.facts(model)?.limits;
    if (limits === undefined) return [];
    const textsPerPoint = Math.min(1, texts / points / models.length) * models.filter((one) => one === model).length;
    const textsPerRequest = Math.min(limits.maxInputs, spec.copy.pagePoints, fits.get(model)?.inputs ?? Number.POSITIVE_INFINITY);
    const perSecond = textsPerSecond(limits, { tokensPerText: tokens / texts, textsPerRequest });
    if (perSecond === null || textsPerPoint === 0) return [];
    const pointsPerSecond = (perSecond * (spec.throttle.share ?? 1)) / textsPerPoint;
    return [{ by: 'provider' as const, pointsPerSecond, reason: `the limits of ${model} a minute` }];
  });
}

type TextSize = { readonly tokensPerText: number; readonly textsPerRequest: number };

/** Null where a model has no limit. */
function textsPerSecond(limits: RateLimits, { tokensPerText, textsPerRequest }: TextSize): number | null {
  const { requestsPerMinute, tokensPerMinute, inputsPerMinute } = limits;
  const texts = [
    ...(requestsPerMinute === null ? [] : [requestsPerMinute * textsPerRequest]),
    ...(tokensPerMinute === null ? [] : [tokensPerMinute / Math.max(tokensPerText, 1)]),
    ...(inputsPerMinute === null ? [] : [inputsPerMinute]),
  ];
  return texts.length === 0 ? null : Math.min(...texts) / 60;
}
