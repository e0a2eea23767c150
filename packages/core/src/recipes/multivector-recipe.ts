import type { Issue, MultivectorRecipe, VectorSpec } from '@reembed/contracts';
import { isInPlace } from '../domain/recipes-of.ts';
import { listed } from '../domain/words.ts';
import type { PlanScene } from './plan-scene.ts';
import { servedBy } from './served-recipe.ts';
import { label, pathOf, type TargetVector, usingClause } from './target-vector.ts';
import { checkPresence, reuseSameText, templateBlockers } from './text-recipe.ts';

/**
 * Late interaction (ColBERT and its like): a row for every token of the rendered text, made by a server that Qdrant or the workers ask. Rows weigh more
 * than everything else in a point, and few of them are read by a search that ranks candidates anew: so on disk, and no graph over them.
 */
export function multivectorRecipe(
  name: string,
  recipe: MultivectorRecipe,
  { settings, distance = 'Cosine' }: Omit<VectorSpec, 'multivector'>,
): TargetVector {
  const path = pathOf({ name, recipe: 'multivector' });
  const { text: template, dimensions } = recipe;
  const served = servedBy({ name, path }, recipe, { shape: 'rows', size: dimensions }, { withoutInference });
  return {
    name,
    recipe: 'multivector',
    reads: [],
    paid: true,
    make: served.make,
    reuse: (pair, payloads) => reuseSameText(name, template, pair, payloads),
    check: async (_, pairs) => pairs.map((pair) => checkPresence(name, template, pair)),
    schema: () => ({
      kind: 'dense',
      params: { size: dimensions, distance, ...apart, multivector_config: { comparator: 'max_sim' }, ...settings },
    }),
    origin: ({ said }) => served.origin(said),
    blockers: (scene) => [
      ...settingsBlockers(name, settings),
      ...inPlaceBlockers(path, scene),
      ...served.blockers(scene),
      ...templateBlockers(path, template, scene),
    ],
    warnings: (scene) => [...rowWarnings(name, scene), ...served.warnings(scene)],
    queryChange: ({ where, catalogue }) =>
      `Rank candidates of "${where}" anew ${usingClause(name)}, over a prefetch of another vector, by ${served.query(catalogue)}.`,
  };
}

/** Where rows are kept. */
export const apart = { on_disk: true, hnsw_config: { m: 0 } };

/** What would bring the rows back into memory, or build a graph over each of them. */
function settingsBlockers(name: string, settings: VectorSpec['settings']): Issue[] {
  const { m } = (settings.hnsw_config ?? {}) as { readonly m?: unknown };
  const path = `vectors.${JSON.stringify(name)}.settings`;
  const message = 'rows of late interaction go on disk, without a graph, because they rank candidates anew: leave it out';
  return [
    ...(settings.on_disk === false ? [{ field: `${path}.on_disk`, value: false, message }] : []),
    ...('memory' in settings && settings.memory !== 'cold' ? [{ field: `${path}.memory`, value: settings.memory, message }] : []),
    ...(settings.hnsw_config !== undefined && m !== 0 ? [{ field: `${path}.hnsw_config`, value: settings.hnsw_config, message }] : []),
  ];
}

function inPlaceBlockers(path: string, { spec }: PlanScene): Issue[] {
  if (!isInPlace(spec)) return [];
  const message =
    'Qdrant adds it in memory and with a graph, beside what is searched: name a new target.collection of its own, and leave inPlace out';
  return [{ field: path, value: null, message }];
}

const withoutInference =
  'give Qdrant an inference service, or have workers ask a server of yours (via: worker, provider: vllm-rows in reembed.config.yaml), or make them outside, write them ' +
  'into a named vector of the source, and carry them over with keep';

function rowWarnings(name: string, { spec }: PlanScene): string[] {
  const others = Object.keys(spec.vectors).filter((other) => other !== name);
  const { new: fresh } = spec.search;
  const searched = fresh?.using === name && fresh.prefetch.length === 0;
  return [
    `${label(name)} has a row for every token of a text: tens to hundreds of them a point, on disk and without a graph.`,
    ...(others.length === 0
      ? []
      : [
          `${besideOthers(name, others)} Better a collection of its own: a second spec with this vector alone, asked to rank anew the ids that the first one finds.`,
        ]),
    ...(searched
      ? [`search.new asks ${label(name)} without prefetch: every row of every point is compared. Prefetch candidates by another vector.`]
      : []),
  ];
}

/** What is said of rows that share a collection, however they come there. */
export function besideOthers(name: string, others: readonly string[]): string {
  return (
    `${label(name)} shares the collection with ${listed(others)}: every optimization, snapshot and replica of those then carries its rows too, and memory for them is lost to it. ` +
    'Searches over millions of points were reported to go from 13 s to 2 s once such rows had left the collection of the others.'
  );
}
