import type { SearchProfile, SearchSystem, VectorOrigin } from '@reembed/contracts';
import { searchedVectors } from '../ports/searches.ts';

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
  return { name: `${names}, ${profile.fusion ?? `ranked anew by ${JSON.stringify(profile.using)}`}`, role: 'whole', asked, profile };
}

function nameOf(using: string, origins: Origins): string {
  const model = origins[using]?.model;
  return `${JSON.stringify(using)} alone${model === undefined ? '' : ` (${model})`}`;
}

/** Filters are JSON texts: put together as texts, their numbers stay exact. */
function both(one: SearchProfile['filter'], other: SearchProfile['filter']): SearchProfile['filter'] {
  return one === null || other === null ? (one ?? other) : `{"must":[${one},${other}]}`;
}
