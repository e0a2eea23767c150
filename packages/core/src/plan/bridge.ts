import type { Spec } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { addedNames, besideKeptNames, isInPlace, keptVectors, recipesOf } from '../domain/recipes-of.ts';

/**
 * How applications ask a vector that is still being filled in: `candidates` points by `old`, which every point has, ranked by `fresh`, where
 * they have that; no fewer than the hits that applications ask for. See `quality/bridged.ts`.
 */
export type Bridge = { readonly old: string; readonly fresh: string; readonly candidates: number };

/**
 * The bridge that a spec allows: null where `search.old` asks no vector that stays under its name beside the new one, or either side asks
 * more than one vector. Of the vectors that are filled in it is the one that `search.new` asks, else the only dense one.
 */
export function bridgeOf(spec: Spec): Bridge | null {
  const { old, new: fresh, bridge } = spec.search;
  if (old.prefetch.length > 0 || (fresh?.prefetch.length ?? 0) > 0) return null;
  const filled = filledNames(spec);
  const dense = denseOf(spec, filled);
  const [only, ...others] = fresh === undefined ? dense : dense.filter((name) => name === fresh.using);
  const stays = isInPlace(spec)
    ? !filled.includes(old.using)
    : keptVectors(spec).some(({ name, from }) => name === from && from === old.using);
  const candidates = Math.max(bridge.candidates, old.limit, fresh?.limit ?? 0);
  return only === undefined || others.length > 0 || !stays ? null : { old: old.using, fresh: only, candidates };
}

/**
 * Why no bridge leads to a vector that is filled in beside one that stays, where applications fuse lists; null: they do not, or nothing is filled in.
 * A fused list has no places that points without the new vector could keep: where each stands hangs on all lists together.
 */
export function noBridgeToFused(spec: Spec): string | null {
  const { old, new: fresh } = spec.search;
  const [side] = [...(old.prefetch.length > 0 ? ['search.old'] : []), ...((fresh?.prefetch.length ?? 0) > 0 ? ['search.new'] : [])];
  const [vector] = denseOf(spec, filledNames(spec));
  if (side === undefined || vector === undefined) return null;
  return (
    `There is no bridge to ${JSON.stringify(vector)} while it is filled in, because ${side} fuses or ranks lists: in such a list a point that lacks the new vector has no place of its own to keep. ` +
    `Until all have it, leave searches as they are; or have them ask one vector over the bridge (search.old and search.new without prefetch), and fuse again afterwards.`
  );
}

function filledNames(spec: Spec): string[] {
  return isInPlace(spec) ? addedNames(spec) : besideKeptNames(spec);
}

function denseOf(spec: Spec, names: readonly string[]): string[] {
  return recipesOf(spec).flatMap(({ name, sparse }) => (names.includes(name) && !sparse ? [name] : []));
}

/** `ranked`: hits to ask of the ranked list. */
export type SearchedBridge = Bridge & { readonly ranked: number };

type Searched = Pick<CollectionInfo, 'params' | 'strictModeConfig'>;

/**
 * The bridge as the collection can be asked. Each shard takes as many candidates of its own for the prefetch, and all of them are ranked: asked for
 * `candidates` hits alone, points of the old list would lose their new rank to points that it does not hold. No list is longer than strict mode
 * answers. Null: the collection is not known.
 */
export function searchedBridge(bridge: Bridge, searched: Searched | null): SearchedBridge {
  const most = mostHits(searched);
  const candidates = Math.min(bridge.candidates, most);
  return { ...bridge, candidates, ranked: Math.min(candidates * Number(searched?.params.shard_number ?? 1), most) };
}

function mostHits(searched: Searched | null): number {
  const limits = searched?.strictModeConfig;
  return limits?.enabled === true && typeof limits.max_query_limit === 'number' ? limits.max_query_limit : Number.POSITIVE_INFINITY;
}
