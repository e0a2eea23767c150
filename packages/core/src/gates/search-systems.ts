import type { SearchProfile, SearchSystem, VectorOrigin } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { GateDraw } from '../ports/fleet.ts';
import { searchedVectors } from '../ports/searches.ts';
import { fusionName } from '../quality/choose-fusion.ts';
import { languageWarnings } from '../recipes/bm25-recipe.ts';
import { probedPoints } from './draw-points.ts';
import { textsToShow } from './hit-texts.ts';

/** One way to ask the target, beside others. */
export type SystemProfile = Pick<SearchSystem, 'name' | 'role' | 'asked'> & { readonly profile: SearchProfile };

type Origins = Readonly<Record<string, VectorOrigin>>;

/**
 * How the target can be asked in parts: every candidate list alone beside what `profile` makes of them. Where `profile` asks one dense vector
 * and the target has BM25 too, what fusing both would find. Nothing where there is but one way.
 */
export function searchSystems(profile: SearchProfile, origins: Origins): SystemProfile[] {
  if (profile.prefetch.length > 0) return [...partsOf(profile, origins, () => false), wholeOf(profile, true)];
  const words = Object.keys(origins).find((name) => origins[name]?.bm25 !== undefined);
  if (words === undefined || origins[profile.using]?.bm25 !== undefined) return [];
  const fused = fusedWith(profile, words);
  return [...partsOf(fused, origins, (using) => using === profile.using), wholeOf(fused, false)];
}

/** The vectors that are asked, each once. */
export function vectorsOf(profile: SearchProfile, systems: readonly SystemProfile[]): string[] {
  return [...new Set([profile, ...systems.map((system) => system.profile)].flatMap(searchedVectors))];
}

function fusedWith({ using, filter, limit }: SearchProfile, words: string): SearchProfile {
  const prefetch = [using, words].map((name) => ({ using: name, limit: Math.max(limit, candidates), filter }));
  return { using, prefetch, fusion: 'rrf', limit, filter: null };
}

/** As many candidates as a prefetch has where the spec says nothing. */
const candidates = 50;

function partsOf(profile: SearchProfile, origins: Origins, isAsked: (using: string) => boolean): SystemProfile[] {
  return profile.prefetch.map(({ using, filter, limit }, at) => ({
    name: `${nameOf(using, origins)}${at === profile.prefetch.findIndex((other) => other.using === using) ? '' : `, list ${at + 1}`}`,
    role: 'part',
    asked: isAsked(using),
    profile: { using, prefetch: [], fusion: null, limit, filter: both(filter, profile.filter) },
  }));
}

function wholeOf(profile: SearchProfile, asked: boolean): SystemProfile {
  const names = profile.prefetch.map(({ using }) => JSON.stringify(using)).join(' + ');
  const how = profile.fusion === null ? `ranked anew by ${JSON.stringify(profile.using)}` : fusionName(profile);
  return { name: `${names}, ${how}`, role: 'whole', asked, profile };
}

function nameOf(using: string, origins: Origins): string {
  const model = origins[using]?.model;
  return `${JSON.stringify(using)} alone${model === undefined ? '' : ` (${model})`}`;
}

/** Filters are JSON texts: put together as texts, their numbers stay exact. */
function both(one: SearchProfile['filter'], other: SearchProfile['filter']): SearchProfile['filter'] {
  return one === null || other === null ? (one ?? other) : `{"must":[${one},${other}]}`;
}

/** What the texts of the drawn points say against a BM25 vector's language: mixed languages, no list of stop words, no stemmer. */
export async function bm25Warnings(
  deps: Pick<CoordinatorDeps, 'points' | 'catalogue' | 'textSources'>,
  migration: Migration,
  draw: GateDraw,
): Promise<string[]> {
  const { spec, resolved } = migration;
  const recipes = Object.entries(spec.vectors).flatMap(([name, { bm25 }]) => (bm25 === undefined ? [] : [{ name, bm25 }]));
  if (recipes.length === 0) return [];
  const read = await deps.points.retrieve(resolved.source, { ids: draw.points.slice(0, probedPoints), payload: true, vectors: [] });
  const sampled = await textsToShow(deps, migration, read);
  if ('failed' in sampled) return [`the language of the texts was not looked at: ${sampled.failed}`];
  return recipes.flatMap(({ name, bm25 }) => languageWarnings(name, bm25, { sample: sampled.points, catalogue: deps.catalogue }));
}
