import type { Spec } from '@reembed/contracts';
import { addedNames, besideKeptNames, isInPlace, keptVectors, recipesOf } from '../domain/recipes-of.ts';

/**
 * How applications ask a vector that is still being filled in: `candidates` points by `old`, which every point has, ranked by `fresh`, where
 * they have that. See `quality/bridged.ts`.
 */
export type Bridge = { readonly old: string; readonly fresh: string; readonly candidates: number };

/**
 * The bridge that a spec allows: null where `search.old` asks no vector that stays under its name beside the new one, or either side asks
 * more than one vector. Of the vectors that are filled in it is the one that `search.new` asks, else the only dense one.
 */
export function bridgeOf(spec: Spec): Bridge | null {
  const { old, new: fresh, bridge } = spec.search;
  if (old.prefetch.length > 0 || (fresh?.prefetch.length ?? 0) > 0) return null;
  const filled = isInPlace(spec) ? addedNames(spec) : besideKeptNames(spec);
  const dense = recipesOf(spec).flatMap(({ name, sparse }) => (filled.includes(name) && !sparse ? [name] : []));
  const [only, ...others] = fresh === undefined ? dense : dense.filter((name) => name === fresh.using);
  const stays = isInPlace(spec)
    ? !filled.includes(old.using)
    : keptVectors(spec).some(({ name, from }) => name === from && from === old.using);
  return only === undefined || others.length > 0 || !stays ? null : { old: old.using, fresh: only, candidates: bridge.candidates };
}
