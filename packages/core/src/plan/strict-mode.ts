import type { Issue, SearchProfile } from '@reembed/contracts';
import { isInPlace, matchRecipe } from '../domain/recipes-of.ts';
import type { PlanScene } from '../recipes/plan-scene.ts';

type Limits = Readonly<Record<string, unknown>>;

/** Limits that no smaller request can respect: of the source while it is read, of the target once it is filled. */
export function strictModeBlockers(scene: PlanScene): Issue[] {
  const { spec, around } = scene;
  if (around.source === null) return [];
  const { name, strictModeConfig } = around.source;
  const own = spec.target.settings.strict_mode_config as Limits | undefined;
  return [
    ...exactBlockers('source.collection', strictModeConfig, allowExact(name)),
    ...exactBlockers('target.settings.strict_mode_config', own, 'allow them here (search_allow_exact), and forbid them after the switch'),
    ...searchBlockers('search.old', spec.search.old, strictModeConfig),
    ...(spec.search.new === undefined
      ? []
      : searchBlockers('search.new', spec.search.new, isInPlace(spec) ? strictModeConfig : (own ?? strictModeConfig))),
    ...(isInPlace(spec) ? [] : sizeBlockers(own ?? strictModeConfig, scene)),
  ];
}

function allowExact(name: string): string {
  return `allow them while it runs (PATCH /collections/${name} with {"strict_mode_config":{"search_allow_exact":true}}); the target takes them over, so forbid them there after the switch`;
}

function exactBlockers(field: string, limits: Limits | null | undefined, wayOut: string): Issue[] {
  if (limits?.enabled !== true || limits.search_allow_exact !== false) return [];
  const message = `strict mode forbids exact counts and searches, by which a migration is verified: ${wayOut}`;
  return [{ field, value: { search_allow_exact: false }, message }];
}

/** Applications could not ask for so many hits, nor can the gates. */
function searchBlockers(path: string, { limit, prefetch }: SearchProfile, limits: Limits | null): Issue[] {
  const most = limits?.enabled === true ? limits.max_query_limit : undefined;
  if (typeof most !== 'number') return [];
  const asked = [
    { field: `${path}.limit`, value: limit },
    ...prefetch.map((candidates, at) => ({ field: `${path}.prefetch.${at}.limit`, value: candidates.limit })),
  ];
  const message = `is more than strict mode answers at once (max_query_limit ${most}): ask for at most ${most}`;
  return asked.flatMap((issue) => (issue.value > most ? [{ ...issue, message }] : []));
}

/** The copy is filled without strict mode, and then nobody could write to it any more. */
function sizeBlockers(limits: Limits | null, scene: PlanScene): Issue[] {
  if (limits?.enabled !== true) return [];
  const needed = { max_points_count: scene.points, max_collection_vector_size_bytes: scene.points * bytesOfPoint(scene) };
  return Object.entries(needed).flatMap(([name, least]) => {
    const most = limits[name];
    if (typeof most !== 'number' || least <= most) return [];
    const message = `strict mode, which the target is given once it is filled, allows ${name} ${most}, and the target needs ${least}: set a larger one here`;
    return [{ field: 'target.settings.strict_mode_config', value: { [name]: most }, message }];
  });
}

/** Bytes of a point's dense vectors, as f32; what is not known counts as nothing. */
function bytesOfPoint({ spec, around: { source }, catalogue, adapters }: PlanScene): number {
  const dimensions = Object.entries(spec.vectors).map(([name, vector]) => {
    const adapter = adapters[name];
    return matchRecipe<number>(vector, {
      embed: (recipe) => recipe.dimensions ?? catalogue.facts(recipe.model)?.dimensions ?? 0,
      keep: (from) => source?.vectors[from]?.size ?? 0,
      truncate: (recipe) => recipe.dimensions,
      bm25: () => 0,
      sparse: () => 0,
      // A row at least: how many there are nobody knows before they are made.
      multivector: (recipe) => recipe.dimensions,
      project: () => (adapter === undefined || adapter instanceof Error ? 0 : adapter.to.dimensions),
    });
  });
  return 4 * dimensions.reduce((sum, size) => sum + size, 0);
}

/** What is read in smaller pieces than asked, because the source allows no larger ones; null: nothing. */
export function smallerPages({ spec, around: { source } }: PlanScene): string | null {
  const limits = source?.strictModeConfig;
  const most = limits?.enabled === true ? limits.max_query_limit : undefined;
  const { pagePoints, rangePoints } = spec.copy;
  if (typeof most !== 'number' || most >= Math.max(pagePoints, rangePoints)) return null;
  const pages =
    most < pagePoints
      ? `pages of ${most} points instead of ${pagePoints} (copy.pagePoints), and the copy takes longer`
      : 'ids in smaller steps';
  return `Strict mode of "${source?.name}" answers at most ${most} points at once (max_query_limit): it is read in ${pages}.`;
}
