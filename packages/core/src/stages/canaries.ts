import type { Migration } from '../domain/migration.ts';
import type { Canary } from '../domain/pacing.ts';
import { type PointText, pointIdToJson } from '../domain/point.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { sourceFilter } from '../domain/source-points.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { Canaries, CanaryQuestion } from '../ports/pace.ts';
import { searchedVectors } from '../ports/searches.ts';

type CanaryDeps = Pick<CoordinatorDeps, 'points' | 'searches' | 'collections' | 'clock'>;

/** Different queries, so that no answer is a page that was just looked at. */
const queriesASide = 16;
/** A side that had no points is looked at again after so long, in ms. */
const drawAgainMs = 1_000;

/** The same questions as before, and those of a side that had none. */
export async function drawCanaries(deps: CanaryDeps, migration: Migration, before: Canaries | null): Promise<Canaries> {
  const drawnAt = deps.clock.monotonicMs();
  const { source, target } = before ?? { source: [], target: [] };
  const isWhole = source.length > 0 && (target.length > 0 || isInPlace(migration.spec));
  if (before !== null && (isWhole || drawnAt - before.drawnAt < drawAgainMs)) return before;
  return {
    drawnAt,
    source: source.length > 0 ? source : await sourceQuestions(deps, migration),
    target: target.length > 0 ? target : await targetQuestions(deps, migration),
  };
}

/** As applications search the source, for the neighbours of points of its own: nothing has to be embedded for that. */
async function sourceQuestions({ points }: CanaryDeps, { spec, resolved }: Migration): Promise<CanaryQuestion[]> {
  const profile = spec.search.old;
  const vectors = searchedVectors(profile);
  const sample = await points.sample(resolved.source, queriesASide, { filter: sourceFilter(spec), vectors });
  const whole = sample.filter((point) => vectors.every((name) => point.vectors[name] !== undefined));
  return whole.map((point) => ({ collection: resolved.source, profile, queries: point.vectors }));
}

/**
 * The target is asked among a few of its points alone: that takes the same however many it has by now, and however little of it is indexed, so
 * what it takes longer is what its server has to do besides.
 */
async function targetQuestions({ points, collections }: CanaryDeps, { spec }: Migration): Promise<CanaryQuestion[]> {
  if (isInPlace(spec)) return [];
  const { collection } = spec.target;
  const [using] = Object.keys((await collections.describe(collection))?.vectors ?? {});
  if (using === undefined) return [];
  const request = { offset: null, limit: queriesASide, payload: false, vectors: [using] };
  const found = (await points.scroll(collection, request)).points.filter(({ vectors }) => vectors[using] !== undefined);
  const profile = { using, prefetch: [], fusion: null, limit: queriesASide, filter: amongIds(found) };
  return found.map(({ vectors }) => ({ collection, profile, queries: vectors }));
}

function amongIds(points: readonly PointText[]): string {
  return `{"must":[{"has_id":[${points.map(({ id }) => pointIdToJson(id)).join(',')}]}]}`;
}

/** One search of each side, one after the other: they are not to disturb each other. */
export async function askCanaries({ searches }: CanaryDeps, { source, target }: Canaries, turn: number): Promise<Canary[]> {
  const asked: Canary[] = [];
  for (const side of [source, target]) {
    const question = side[turn % Math.max(side.length, 1)];
    if (question === undefined) continue;
    const { collection, profile, queries } = question;
    const { tookMs } = await searches.search(collection, { profile, queries, exact: false, fields: [] });
    asked.push({ ms: tookMs, of: collection });
  }
  return asked;
}
