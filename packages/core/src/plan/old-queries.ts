import type { Resolved, Spec } from '@reembed/contracts';
import { isInPlace, keptVectors, matchRecipe, recipesOf } from '../domain/recipes-of.ts';
import { searchedVectors } from '../ports/searches.ts';

/**
 * What becomes of queries that ask a vector of the source as they do today, once they reach the target: `stays`, they find what they look
 * for; `moved`, it has another name there, and nothing has its old one; `taken`, it has another name there, and another vector has its old
 * one; `remade`, another vector has its name; `gone`, nothing stands for it.
 */
export type OldQuery = { readonly vector: string } & (
  | { readonly fate: 'stays' | 'gone' }
  | { readonly fate: 'moved'; readonly to: string }
  | { readonly fate: 'taken'; readonly to: string; readonly harm: string }
  | { readonly fate: 'remade'; readonly harm: string }
);

/** What queries are judged by. `madeDimensions`: of an embedded vector of the target; null where not known. */
export type QueryFacts = {
  readonly spec: Spec;
  readonly sourceVectors: Resolved['sourceVectors'];
  readonly sameSpace: Resolved['sameSpace'];
  readonly madeDimensions: (vector: string) => number | null;
};

/** Every vector of the source, in its order. */
export function oldQueries(facts: QueryFacts): OldQuery[] {
  return Object.keys(known(facts)).map((vector) => oldQuery(vector, facts));
}

/** Whether applications that ask as `search.old` says go on finding what they look for, without a change. */
export function queriesStay(facts: QueryFacts): boolean {
  const there = Object.keys(known(facts));
  const named = searchedVectors(facts.spec.search.old).filter((name) => there.includes(name));
  // The default names the unnamed vector; where there is none, any may be asked.
  const asked = named.length > 0 ? named : there;
  return asked.every((vector) => oldQuery(vector, facts).fate === 'stays');
}

/** Migrations of older versions did not keep what the source had: what their specs name is known. */
function known({ spec, sourceVectors }: QueryFacts): Resolved['sourceVectors'] {
  if (Object.keys(sourceVectors).length > 0) return sourceVectors;
  const named = [
    ...recipesOf(spec).flatMap(({ reads }) => reads),
    ...Object.keys(spec.source.vectors),
    ...searchedVectors(spec.search.old),
  ];
  return Object.fromEntries(named.map((name) => [name, null]));
}

function oldQuery(vector: string, facts: QueryFacts): OldQuery {
  const { spec } = facts;
  const names = keptVectors(spec).flatMap(({ name, from }) => (from === vector ? [name] : []));
  if (isInPlace(spec) || names.includes(vector) || facts.sameSpace.includes(vector)) return { vector, fate: 'stays' };
  const [to] = names;
  const isTaken = spec.vectors[vector] !== undefined;
  if (to !== undefined) return isTaken ? { vector, fate: 'taken', to, harm: harmOf(vector, facts) } : { vector, fate: 'moved', to };
  return isTaken ? { vector, fate: 'remade', harm: harmOf(vector, facts) } : { vector, fate: 'gone' };
}

/** What a query meets that asks this name as before. */
function harmOf(vector: string, facts: QueryFacts): string {
  const { spec, sourceVectors } = facts;
  const before = sourceVectors[vector];
  const made = spec.vectors[vector];
  if (before === undefined || made === undefined) return fails;
  const now = matchRecipe<number | null | undefined>(made, {
    embed: () => facts.madeDimensions(vector) ?? undefined,
    keep: (from) => sourceVectors[from],
    truncate: ({ dimensions }) => dimensions,
    bm25: () => null,
    sparse: () => null,
    multivector: ({ dimensions }) => dimensions,
    project: () => facts.madeDimensions(vector) ?? undefined,
  });
  if (now === undefined && before !== null) return 'fails there, or with as many dimensions finds the wrong points and says no word';
  if (now === before) return 'finds the wrong points there and says no word';
  return now === null || now === undefined || before === null ? fails : `${fails}: it has ${before} dimensions, and ${now} are wanted`;
}

const fails = 'fails there';
