import type { SearchProfile, Spec } from '@reembed/contracts';
import type { CollectionInfo } from '../../domain/collection-info.ts';
import { recipesOf } from '../../domain/recipes-of.ts';
import { searchedVectors } from '../../ports/searches.ts';
import { isMultivector } from '../../recipes/stored-vector.ts';

/**
 * How applications will ask the target where nobody says: the dense vector that is made, else the one that is asked today; and beside it the
 * words, where some are made or were asked before, because words alone find less than both. Rows of late interaction find nothing first: they
 * rank anew what the others find.
 */
export function nextSearch(spec: Spec, source: CollectionInfo | null): SearchProfile {
  const { limit } = spec.search.old;
  const all = placesOf(spec, source);
  const single = all.filter(({ rows }) => !rows);
  const asked = single.filter(({ kept, from }) => kept && searchedVectors(spec.search.old).includes(from));
  const made = single.filter(({ kept }) => !kept);
  const dense = first(made, false) ?? first(asked, false) ?? first(single, false);
  const words = first(made, true) ?? first(asked, true);
  const found = [dense, words].filter((name) => name !== undefined);
  const lists = found.map((using) => ({ using, limit: Math.max(limit, candidates), filter: null }));
  const ranks = all.find(({ rows, kept }) => rows && !kept)?.name;
  if (ranks !== undefined) return { using: ranks, prefetch: lists, fusion: null, limit, filter: null };
  if (dense === undefined || words === undefined) return { using: found[0] ?? '', prefetch: [], fusion: null, limit, filter: null };
  return { using: dense, prefetch: lists, fusion: 'rrf', limit, filter: null };
}

type Place = { readonly name: string; readonly kept: boolean; readonly from: string; readonly sparse: boolean; readonly rows: boolean };

/** What each vector of the target is; a kept one is what it was. */
function placesOf(spec: Spec, source: CollectionInfo | null): Place[] {
  return recipesOf(spec).map(({ name, recipe, reads: [from = ''], sparse, rows }) => {
    if (recipe !== 'keep') return { name, kept: false, from, sparse, rows };
    const isSparse = source?.sparseVectors[from] !== undefined;
    return { name, kept: true, from, sparse: isSparse, rows: isMultivector(source?.vectors[from] ?? {}) };
  });
}

function first(vectors: readonly Place[], sparse: boolean): string | undefined {
  return vectors.find((vector) => vector.sparse === sparse)?.name;
}

/** Of each list that is fused, as in a profile that does not say. */
const candidates = 50;
