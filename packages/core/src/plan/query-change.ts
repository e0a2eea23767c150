import type { Resolved, Spec } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import type { ModelCatalogue } from '../ports/embedder.ts';
import { searchedVectors } from '../ports/searches.ts';
import { type PlanScene, sourceOrigins } from '../recipes/plan-scene.ts';
import { isSaidAlike } from '../recipes/said-of-models.ts';
import { label, usingClause } from '../recipes/target-vector.ts';
import { targetVectors } from '../recipes/target-vectors.ts';
import { type OldQuery, oldQueries, type QueryFacts } from './old-queries.ts';
import { pinnedAdapters, vectorsOf } from './read-scene.ts';

/** What is known of a migration, or of a plan, that the words are made of. */
export type QueryScene = Pick<Resolved, 'adapters' | 'sourceVectors' | 'sameSpace'> & {
  readonly spec: Spec;
  readonly catalogue: ModelCatalogue;
};

/** What applications have to change on the query side when they read the target, and what stays, one sentence each. */
export function queryChange(scene: QueryScene): string[] {
  const { spec, adapters } = scene;
  const catalogue = scene.catalogue.saying(spec.models);
  const where = spec.target.alias ?? spec.target.collection;
  const asked = spec.search.new === undefined ? null : searchedVectors(spec.search.new);
  const fresh = targetVectors(spec).filter(({ recipe, name }) => recipe !== 'keep' && (asked === null || asked.includes(name)));
  return [
    ...fresh.flatMap((vector) => vector.queryChange({ spec, catalogue, adapters, where }) ?? []),
    ...(isInPlace(spec)
      ? ['Every vector that was there stays, and queries of it stay as they are.']
      : oldQueries(queryFacts(scene)).map(inWords)),
    ...(fresh.length > 0 ? ['Score thresholds do not carry over from one vector to another: set them anew.'] : []),
  ];
}

export function sceneQueries({ spec, catalogue, adapters, around: { source } }: PlanScene): QueryScene {
  const known =
    source === null
      ? { sourceVectors: {}, sameSpace: [] }
      : { sourceVectors: vectorsOf(source), sameSpace: sameSpace(spec, catalogue, source) };
  return { spec, catalogue, adapters: pinnedAdapters(adapters), ...known };
}

/** Vectors that are embedded anew under their name, of another text, by what made them or by a model of its space: old queries find them. */
export function sameSpace(spec: Spec, catalogue: ModelCatalogue, source: CollectionInfo): string[] {
  const origins = sourceOrigins(spec, source);
  return Object.entries(spec.vectors).flatMap(([name, { embed }]) => {
    const [origin, there] = [origins[name], source.vectors[name]];
    if (embed === undefined || origin === undefined || origin.projected !== undefined || there === undefined) return [];
    const spaceOf = (model: string) => catalogue.record(model)?.space ?? null;
    const same =
      embed.model === origin.model
        ? isSaidAlike(origin.said, spec.models[embed.model])
        : spaceOf(embed.model) !== null && spaceOf(embed.model) === spaceOf(origin.model);
    return same && (embed.dimensions ?? catalogue.facts(embed.model)?.dimensions) === there.size ? [name] : [];
  });
}

/** What old queries are judged by before anything is made: what the spec and the catalogue say. */
export function queryFacts({ spec, catalogue, adapters, ...known }: QueryScene): QueryFacts {
  const madeDimensions = (vector: string) => {
    const embed = spec.vectors[vector]?.embed;
    if (embed === undefined) return adapters[vector]?.to.dimensions ?? null;
    return embed.dimensions ?? catalogue.facts(embed.model)?.dimensions ?? null;
  };
  return { spec, sourceVectors: known.sourceVectors, sameSpace: known.sameSpace, madeDimensions };
}

function inWords(query: OldQuery): string {
  const old = label(query.vector);
  switch (query.fate) {
    case 'stays':
      return `Queries of ${old} stay as they are.`;
    case 'moved':
      return `The old vector ${old} is there as ${label(query.to)}: queries of it go on ${usingClause(query.to)}. As it is today, a query of it fails there.`;
    case 'taken':
      return `The old vector ${old} is there as ${label(query.to)}: queries of it go on ${usingClause(query.to)}. ${old} is another vector: as it is today, a query of it ${query.harm}.`;
    case 'remade':
      return `${old} is another vector under the same name: as it is today, a query of it ${query.harm}. It has to change in the same moment as the alias.`;
    case 'gone':
      return `The old vector ${old} is not in the target: a query of it fails there.`;
  }
}
