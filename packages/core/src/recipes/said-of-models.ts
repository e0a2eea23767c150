import { isDeepStrictEqual } from 'node:util';
import type { Issue, SaidOfModel } from '@reembed/contracts';
import { modelVectors } from '../domain/recipes-of.ts';
import type { ModelFacts } from '../ports/embedder.ts';
import type { PlanScene } from './plan-scene.ts';

/*
 * What a spec says of models under `models`. A prefix is lost in silence: with another one every vector is another, as of another model.
 */

/** Whether queries and documents of a model mean the same by both: vectors of one are found by queries of the other. */
export function isSaidAlike(one: SaidOfModel | undefined, other: SaidOfModel | undefined): boolean {
  return isMadeAlike(one, other) && one?.queryPrefix === other?.queryPrefix;
}

/** Whether a document gets the same vector by both. */
export function isMadeAlike(one: SaidOfModel | undefined, other: SaidOfModel | undefined): boolean {
  return one?.documentPrefix === other?.documentPrefix && isDeepStrictEqual(one?.limits?.maxInputTokens, other?.limits?.maxInputTokens);
}

/** What is said of a model that the spec does not ask, and what a model cannot be told, because it runs here and has its own. */
export function saidBlockers({ spec, catalogue, adapters }: PlanScene): Issue[] {
  const asked = new Set([
    ...modelVectors(spec).map(({ recipe }) => recipe.model),
    ...Object.values(spec.source.vectors).map(({ model }) => model),
    ...Object.values(adapters).flatMap((header) => (header instanceof Error ? [] : [header.from.model, header.to.model])),
  ]);
  return Object.entries(spec.models).flatMap(([model, said]) => {
    const field = `models.${JSON.stringify(model)}`;
    if (!asked.has(model)) return [{ field, value: model, message: 'is a model that no vector of this spec is made by: leave it out' }];
    const facts = catalogue.facts(model);
    return facts === null ? [] : unheard(said, facts).map((what) => ({ ...what, field: `${field}.${what.field}` }));
  });
}

function unheard({ documentPrefix, queryPrefix, limits }: SaidOfModel, facts: ModelFacts): Issue[] {
  const told = { documentPrefix, queryPrefix, 'limits.maxInputTokens': limits?.maxInputTokens };
  const heard = { ...facts, 'limits.maxInputTokens': facts.limits.maxInputTokens };
  return Object.entries(told).flatMap(([field, value]) =>
    value === undefined || heard[field as keyof typeof told] === value
      ? []
      : [{ field, value, message: `cannot be set for ${facts.model}, which has its own: leave it out` }],
  );
}
